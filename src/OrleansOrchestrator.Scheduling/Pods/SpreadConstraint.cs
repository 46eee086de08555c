using k8s.Models;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>A compiled <c>topologySpreadConstraints</c> entry.</summary>
/// <param name="TopologyKey">The node label whose values are the domains to spread over.</param>
/// <param name="MaxSkew">How much fuller than the emptiest domain a domain may become.</param>
/// <param name="IsRequired">Whether it filters nodes (<c>DoNotSchedule</c>) or only scores them.</param>
/// <param name="Pods">The pods that are counted.</param>
/// <param name="MinDomains">With fewer eligible domains, the emptiest is taken to hold no pod.</param>
/// <param name="HonorsNodeAffinity">Whether nodes that the pod's node affinity excludes are not counted.</param>
/// <param name="HonorsTaints">Whether nodes whose taints the pod does not tolerate are not counted.</param>
internal sealed record SpreadConstraint(
    string TopologyKey, int MaxSkew, bool IsRequired, PodPredicate Pods, int MinDomains, bool HonorsNodeAffinity, bool HonorsTaints)
{
    public static SpreadConstraint[] From(V1Pod pod) =>
        pod.Spec.TopologySpreadConstraints is { Count: > 0 } constraints ? [.. constraints.Select(constraint => Compile(pod, constraint))] : [];

    private static SpreadConstraint Compile(V1Pod pod, V1TopologySpreadConstraint constraint) => new(
        constraint.TopologyKey,
        constraint.MaxSkew,
        constraint.WhenUnsatisfiable != "ScheduleAnyway",
        new PodPredicate([pod.Metadata.NamespaceProperty ?? ""], null, LabelSelector.From(Selector(pod, constraint)), ignoresTerminating: true),
        constraint.MinDomains ?? 1,
        constraint.NodeAffinityPolicy != "Ignore",
        constraint.NodeTaintsPolicy == "Honor");

    /// <summary>The selector with the pod's own values of <c>matchLabelKeys</c>, which tell apart the revisions of a workload.</summary>
    private static V1LabelSelector? Selector(V1Pod pod, V1TopologySpreadConstraint constraint)
    {
        if (constraint.MatchLabelKeys is not { Count: > 0 } keys || constraint.LabelSelector is not { } selector)
            return constraint.LabelSelector;
        var labels = new Dictionary<string, string>(selector.MatchLabels ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (pod.Metadata.Labels?.TryGetValue(key, out var value) == true)
                labels.TryAdd(key, value);
        }

        return selector with { MatchLabels = labels };
    }
}
