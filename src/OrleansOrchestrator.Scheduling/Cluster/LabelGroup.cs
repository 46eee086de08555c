using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The assigned pods of one namespace with the same labels. Selectors are matched against groups instead of pods: replicas share their
/// labels, so that a selector is matched once for all of them.
/// </summary>
internal sealed class LabelGroup(string podNamespace, LabelSet labels)
{
    public string Namespace { get; } = podNamespace;

    public LabelSet Labels { get; } = labels;

    public List<AssignedPod> Pods { get; } = [];

    /// <summary>The counters whose predicate matches the group, valid for <see cref="CountersVersion"/>.</summary>
    public List<PodCounter> Counters { get; } = [];

    /// <summary>The version of the set of counters for which <see cref="Counters"/> was computed.</summary>
    public long CountersVersion { get; set; } = -1;
}
