using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>
/// Writes what <c>matchLabelKeys</c> and <c>mismatchLabelKeys</c> of pod affinity mean for a pod into its selectors, when the pod is
/// created. So later changes of its labels do not change its affinity.
/// </summary>
internal static class AffinityLabelKeys
{
    /// <summary>Adds to the selectors of a pod.</summary>
    /// <param name="pod">The pod; changed in place.</param>
    public static void Merge(V1Pod pod)
    {
        var labels = pod.Metadata.Labels;
        if (labels is null || pod.Spec?.Affinity is not { } affinity)
            return;
        foreach (var term in TermsOf(affinity.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution))
            Merge(term, labels);
        foreach (var term in TermsOf(affinity.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution))
            Merge(term, labels);
    }

    private static IEnumerable<V1PodAffinityTerm?> TermsOf(IList<V1PodAffinityTerm>? required, IList<V1WeightedPodAffinityTerm>? preferred) =>
        [.. required.OrNone(), .. preferred.OrNone().Select(preference => preference?.PodAffinityTerm)];

    private static void Merge(V1PodAffinityTerm? term, IDictionary<string, string> labels)
    {
        // A term without a selector matches no pod, with whatever labels.
        if (term?.LabelSelector is not { } selector)
            return;
        List<V1LabelSelectorRequirement> added =
        [
            .. Requirements(term.MatchLabelKeys, "In", labels),
            .. Requirements(term.MismatchLabelKeys, "NotIn", labels),
        ];
        if (added.Count > 0)
            selector.MatchExpressions = [.. selector.MatchExpressions.OrNone(), .. added];
    }

    private static IEnumerable<V1LabelSelectorRequirement> Requirements(IList<string>? keys, string operation, IDictionary<string, string> labels) => keys.OrNone()
        .Where(labels.ContainsKey)
        .Select(key => new V1LabelSelectorRequirement { Key = key, OperatorProperty = operation, Values = [labels[key]] });
}
