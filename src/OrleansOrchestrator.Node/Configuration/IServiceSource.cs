using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The services of the cluster that have an address.</summary>
internal interface IServiceSource
{
    /// <summary>Whether they have been listed once.</summary>
    bool IsSynced { get; }

    /// <summary>All of them; null until they have been listed once.</summary>
    IReadOnlyCollection<V1Service>? Services { get; }

    /// <summary>One of them; null if there is none of that name, as far as known.</summary>
    V1Service? Find(string ns, string name);
}
