using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>
/// Validates where a pod that waits behind scheduling gates may run: whoever holds a gate may narrow it down, and never widen it.
/// </summary>
/// <remarks>See validateNodeSelectorMutation and validateNodeAffinityMutation in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class GatedPodUpdate
{
    /// <summary>Validates the node selector and the node affinity.</summary>
    public static void Validate(V1PodSpec updated, V1PodSpec current, FieldErrors errors)
    {
        var selector = updated.NodeSelector.OrNone();
        if (current.NodeSelector.OrNone().Any(entry => !selector.TryGetValue(entry.Key, out var value) || value != entry.Value))
        {
            errors.Invalid(
                FieldPath.Spec.Child("nodeSelector"), updated.NodeSelector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
        }

        ValidateTerms(
            TermsOf(updated),
            TermsOf(current),
            FieldPath.Spec.Child("affinity").Child("nodeAffinity").Child("requiredDuringSchedulingIgnoredDuringExecution").Child("nodeSelectorTerms"),
            errors);
    }

    private static IList<V1NodeSelectorTerm> TermsOf(V1PodSpec spec) =>
        (spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms).OrNone();

    // Terms are alternatives: one more would widen, and so would one less of a term's requirements.
    private static void ValidateTerms(IList<V1NodeSelectorTerm> updated, IList<V1NodeSelectorTerm> current, FieldPath path, FieldErrors errors)
    {
        if (current.Count > 0 && updated.Count != current.Count)
        {
            errors.Invalid(path, updated, "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
            return;
        }

        for (var i = 0; i < current.Count; i++)
        {
            if (!HasOnlyAdditions(updated[i], current[i]))
                errors.Invalid(path.Index(i), updated[i], "only additions are allowed (no mutations or deletions)");
        }
    }

    private static bool HasOnlyAdditions(V1NodeSelectorTerm updated, V1NodeSelectorTerm current)
    {
        var isEmpty = current.MatchExpressions.OrNone().Count == 0 && current.MatchFields.OrNone().Count == 0;
        // An empty term admits no node, so that any requirement would widen it.
        return isEmpty
            ? updated.MatchExpressions.OrNone().Count == 0 && updated.MatchFields.OrNone().Count == 0
            : BeginsWith(updated.MatchExpressions.OrNone(), current.MatchExpressions.OrNone()) && BeginsWith(updated.MatchFields.OrNone(), current.MatchFields.OrNone());
    }

    private static bool BeginsWith(IList<V1NodeSelectorRequirement> updated, IList<V1NodeSelectorRequirement> current) =>
        updated.Count >= current.Count && updated.Take(current.Count).Zip(current).All(pair => SemanticEquality.Equal(pair.First, pair.Second));
}
