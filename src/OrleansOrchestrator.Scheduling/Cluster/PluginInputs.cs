using System.Collections.Frozen;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The inputs of the registered plugins.</summary>
/// <param name="Pods">The inputs from pods.</param>
/// <param name="Objects">The objects for the host to follow beside nodes, pods and namespaces.</param>
public sealed record PluginInputs(PodInputSet Pods, IReadOnlyList<ObjectInput> Objects)
{
    /// <summary>The inputs whose changes invalidate cached evaluations of nodes.</summary>
    internal FrozenSet<ObjectInput> Kept { get; init; } = FrozenSet<ObjectInput>.Empty;
}
