using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The services of the cluster as this node knows them.</summary>
internal interface IServiceSource
{
    /// <summary>All services, or null until they have been read once.</summary>
    IReadOnlyCollection<V1Service>? Services { get; }
}
