using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates updates of pods: only a few fields of the spec may change.</summary>
/// <remarks>See ValidatePodUpdate in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class PodUpdateValidation
{
    private const string Updatable =
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
        "`spec.tolerations` (only additions to existing tolerations)," +
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public static void Validate(V1PodSpec updated, V1PodSpec current, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if (updated.Containers.OrNone().Count != current.Containers.OrNone().Count)
        {
            errors.Forbidden(path.Child("containers"), "pod updates may not add or remove containers");
            return;
        }

        if (updated.InitContainers.OrNone().Count != current.InitContainers.OrNone().Count)
        {
            errors.Forbidden(path.Child("initContainers"), "pod updates may not add or remove containers");
            return;
        }

        ValidateDeadline(updated.ActiveDeadlineSeconds, current.ActiveDeadlineSeconds, path.Child("activeDeadlineSeconds"), errors);
        ValidateTolerations(updated.Tolerations, current.Tolerations, path.Child("tolerations"), errors);
        ValidateGates(updated, current, path.Child("schedulingGates"), errors);
        var isGated = current.SchedulingGates is { Count: > 0 };
        if (isGated)
            GatedPodUpdate.Validate(updated, current, errors);

        var expected = WithUpdatableFields(current, updated);
        if (isGated)
            CopyPlacement(updated, expected);
        if (!SemanticEquality.Equal(updated, expected))
            errors.Forbidden(path, $"pod updates may not change fields other than {Updatable}\n{FieldDifference.Describe(expected, updated)}");
    }

    private static void ValidateDeadline(long? updated, long? current, FieldPath path, FieldErrors errors)
    {
        if (current is null || updated == current)
            return;
        if (updated is null)
            errors.Invalid(path, null, "must not update from a positive integer to nil value");
        else if (updated > current)
            errors.Invalid(path, updated, "must be less than or equal to previous value");
    }

    // A present toleration stays; only its time may change.
    private static void ValidateTolerations(IList<V1Toleration>? updated, IList<V1Toleration>? current, FieldPath path, FieldErrors errors)
    {
        foreach (var old in current.OrNone())
        {
            if (!updated.OrNone().Any(toleration => SameTaints(toleration, old)))
            {
                errors.Forbidden(path, "existing toleration can not be modified except its tolerationSeconds");
                return;
            }
        }
    }

    private static bool SameTaints(V1Toleration left, V1Toleration right) =>
        left.Key.Or("") == right.Key.Or("") && left.OperatorProperty.Or("Equal") == right.OperatorProperty.Or("Equal")
        && left.Value.Or("") == right.Value.Or("") && left.Effect.Or("") == right.Effect.Or("");

    private static void ValidateGates(V1PodSpec updated, V1PodSpec current, FieldPath path, FieldErrors errors)
    {
        var known = current.SchedulingGates.OrNone().Select(gate => gate.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var gate in updated.SchedulingGates.OrNone())
        {
            if (!known.Contains(gate.Name))
                errors.Forbidden(path, $"only deletion is allowed, but found new scheduling gate '{gate.Name}'");
        }
    }

    /// <summary>The current spec, with the updated values of the fields that may change.</summary>
    private static V1PodSpec WithUpdatableFields(V1PodSpec current, V1PodSpec updated)
    {
        var expected = ObjectCodec.Clone(current);
        CopyImages(updated.Containers, expected.Containers);
        CopyImages(updated.InitContainers, expected.InitContainers);
        expected.ActiveDeadlineSeconds = updated.ActiveDeadlineSeconds;
        expected.Tolerations = updated.Tolerations;
        expected.SchedulingGates = updated.SchedulingGates;
        if (current.TerminationGracePeriodSeconds < 0 && updated.TerminationGracePeriodSeconds == 1)
            expected.TerminationGracePeriodSeconds = 1;
        return expected;
    }

    private static void CopyPlacement(V1PodSpec from, V1PodSpec to)
    {
        to.NodeSelector = from.NodeSelector;
        if (to.Affinity is null && from.Affinity?.NodeAffinity is null)
            return;
        to.Affinity ??= new V1Affinity();
        to.Affinity.NodeAffinity = from.Affinity?.NodeAffinity;
        // What has no rule left is as good as none.
        if (from.Affinity is null && to.Affinity is { PodAffinity: null, PodAntiAffinity: null })
            to.Affinity = null;
    }

    private static void CopyImages(IList<V1Container>? from, IList<V1Container>? to)
    {
        for (var i = 0; i < to.OrNone().Count; i++)
            to![i].Image = from![i].Image;
    }
}
