using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>Counts the comparisons needed to evaluate one node for a pod, before anything is compiled.</summary>
internal static class ComparisonCount
{
    /// <summary>The most comparisons of a pod: with 1,000 nodes they take a tenth of a second.</summary>
    public const int Max = 2_000;

    // The values of one list are looked up and not compared one by one, but each must be parsed.
    private const int ValuesPerComparison = 16;

    /// <summary>The comparisons of tolerations, node selector, affinity and spread constraints.</summary>
    public static int Of(V1PodSpec spec)
    {
        var affinity = spec.Affinity;
        return (spec.Tolerations?.Count ?? 0) + (spec.NodeSelector?.Count ?? 0)
            + Sum(affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms, Of)
            + Sum(affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, preferred => Of(preferred.Preference))
            + Sum(affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, Of)
            + Sum(affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, preferred => Of(preferred.PodAffinityTerm))
            + Sum(affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, Of)
            + Sum(affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, preferred => Of(preferred.PodAffinityTerm))
            + Sum(spec.TopologySpreadConstraints, constraint => 1 + Of(constraint.LabelSelector) + OfList(constraint.MatchLabelKeys));
    }

    private static int Of(V1PodAffinityTerm term) => 1 + Of(term.LabelSelector) + Of(term.NamespaceSelector) + OfList(term.Namespaces);

    private static int Of(V1LabelSelector? selector) =>
        (selector?.MatchLabels?.Count ?? 0) + Sum(selector?.MatchExpressions, expression => 1 + OfList(expression.Values));

    private static int Of(V1NodeSelectorTerm term) =>
        Sum(term.MatchExpressions, expression => 1 + OfList(expression.Values)) + Sum(term.MatchFields, field => 1 + OfList(field.Values));

    private static int OfList(IList<string>? values) => (values?.Count ?? 0) / ValuesPerComparison;

    private static int Sum<T>(IList<T>? items, Func<T, int> count) => items?.Sum(count) ?? 0;
}
