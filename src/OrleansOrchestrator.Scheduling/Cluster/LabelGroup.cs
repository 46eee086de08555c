using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The assigned pods of one namespace that have the same labels. Selectors look at groups, not pods: replicas share their
/// labels, so that a selector is tried once for all of them.
/// </summary>
internal sealed class LabelGroup(string podNamespace, LabelSet labels)
{
    public string Namespace { get; } = podNamespace;

    public LabelSet Labels { get; } = labels;

    public List<AssignedPod> Pods { get; } = [];

    /// <summary>The counters whose predicate matches the group, valid for <see cref="CountersVersion"/>.</summary>
    public List<PodCounter> Counters { get; } = [];

    /// <summary>The version of the set of counters that <see cref="Counters"/> was taken from.</summary>
    public long CountersVersion { get; set; } = -1;
}
