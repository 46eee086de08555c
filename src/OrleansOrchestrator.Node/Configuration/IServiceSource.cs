using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The services of the cluster.</summary>
internal interface IServiceSource
{
    /// <summary>All services; null until they have been listed once.</summary>
    IReadOnlyCollection<V1Service>? Services { get; }
}
