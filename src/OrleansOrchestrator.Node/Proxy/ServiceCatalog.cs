using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The services of the cluster that have an address, for the proxy and for the environment of containers.</summary>
internal sealed class ServiceCatalog(Action<ObjectKey?>? changed) : ObjectCatalog<V1Service>(changed), IServiceSource
{
    /// <summary>All but headless services, which neither a proxy serves nor a container's environment names.</summary>
    public static ObjectSelection Wanted { get; } = new(Fields: "spec.clusterIP!=None");

    /// <summary>Whether a service is one of these.</summary>
    public static bool IsWanted(V1Service service) => service.Spec?.ClusterIP != "None";

    /// <inheritdoc/>
    public IReadOnlyCollection<V1Service>? Services => IsSynced ? [.. All] : null;
}
