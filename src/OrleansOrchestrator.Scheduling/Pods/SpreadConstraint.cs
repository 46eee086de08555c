using k8s.Models;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>A compiled <c>topologySpreadConstraints</c> entry.</summary>
/// <param name="TopologyKey">The node label whose values are the domains.</param>
/// <param name="MaxSkew">How many more pods a domain may have than the emptiest one.</param>
/// <param name="IsRequired">Whether it filters nodes (<c>DoNotSchedule</c>) or only scores them.</param>
/// <param name="Pods">The pods to count; null for those of the pod's controller.</param>
/// <param name="MinDomains">With fewer eligible domains, the emptiest counts as empty.</param>
/// <param name="HonorsNodeAffinity">Whether nodes that the pod's node affinity excludes do not count.</param>
/// <param name="HonorsTaints">Whether nodes with untolerated taints do not count.</param>
internal sealed record SpreadConstraint(
    string TopologyKey, int MaxSkew, bool IsRequired, PodPredicate? Pods, int MinDomains, bool HonorsNodeAffinity, bool HonorsTaints)
{
    public static SpreadConstraint[] From(Source source) => [.. source.Constraints.Select(constraint => Compile(source, constraint))];

    private static SpreadConstraint Compile(Source source, V1TopologySpreadConstraint constraint) => new(
        constraint.TopologyKey,
        constraint.MaxSkew,
        constraint.WhenUnsatisfiable != "ScheduleAnyway",
        new PodPredicate([source.Namespace], null, LabelSelector.From(Selector(source, constraint)), ignoresTerminating: true),
        constraint.MinDomains ?? 1,
        constraint.NodeAffinityPolicy != "Ignore",
        constraint.NodeTaintsPolicy == "Honor");

    /// <summary>The selector with the pod's own values of <c>matchLabelKeys</c>, which separate the revisions of a workload.</summary>
    private static V1LabelSelector? Selector(Source source, V1TopologySpreadConstraint constraint)
    {
        if (constraint.MatchLabelKeys is not { Count: > 0 } keys || constraint.LabelSelector is not { } selector)
            return constraint.LabelSelector;
        var labels = new Dictionary<string, string>(selector.MatchLabels ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (source.Labels.TryGetValue(key, out var value))
                labels.TryAdd(key, value);
        }

        return selector with { MatchLabels = labels };
    }

    /// <summary>The fields of a pod from which constraints are compiled.</summary>
    /// <param name="Namespace">The pod's namespace, whose pods are counted.</param>
    /// <param name="Constraints">The constraints.</param>
    /// <param name="Labels">The pod's own values of the labels in <c>matchLabelKeys</c>.</param>
    public sealed record Source(string Namespace, IList<V1TopologySpreadConstraint> Constraints, SortedDictionary<string, string> Labels)
    {
        /// <summary>Selects the fields; null if the pod has none.</summary>
        public static Source? Of(V1Pod pod)
        {
            if (pod.Spec.TopologySpreadConstraints is not { Count: > 0 } constraints)
                return null;
            var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var key in constraints.SelectMany(constraint => constraint.MatchLabelKeys ?? []))
            {
                if (pod.Metadata.Labels?.TryGetValue(key, out var value) == true)
                    labels[key] = value;
            }

            return new Source(pod.Metadata.NamespaceProperty ?? "", constraints, labels);
        }
    }
}
