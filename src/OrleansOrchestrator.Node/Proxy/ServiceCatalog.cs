using k8s.Models;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The services of the cluster, for the proxy and for the environment of containers.</summary>
internal sealed class ServiceCatalog(Action? changed) : ObjectCatalog<V1Service>(changed), IServiceSource
{
    public IReadOnlyCollection<V1Service>? Services => IsSynced ? [.. All] : null;
}
