using System.Collections.Frozen;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>What the registered plugins read.</summary>
/// <param name="Pods">What has to be read of pods.</param>
/// <param name="Objects">The objects that the host has to follow for them, beside nodes, pods and namespaces.</param>
public sealed record PluginInputs(PodInputSet Pods, IReadOnlyList<ObjectInput> Objects)
{
    /// <summary>Those whose change makes what was kept of nodes old.</summary>
    internal FrozenSet<ObjectInput> Kept { get; init; } = FrozenSet<ObjectInput>.Empty;
}
