using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Validates updates of Jobs: the pods of a Job do not change once it may have started.</summary>
/// <remarks>See ValidateJobSpecUpdate in k8s.io/kubernetes/pkg/apis/batch/validation.</remarks>
internal static class JobUpdateValidation
{
    public static void Validate(V1Job updated, V1Job current, FieldErrors errors)
    {
        if (updated.Spec is not { } after || current.Spec is not { } before)
            return;
        var path = FieldPath.Spec;
        ValidateCompletions(after, before, path.Child("completions"), errors);
        ImmutableRules.Validate(after.Selector, before.Selector, path.Child("selector"), errors);
        ImmutableRules.Validate(after.Template, ExpectedTemplate(after, current), path.Child("template"), errors);
        ImmutableRules.Validate(after.CompletionMode, before.CompletionMode, path.Child("completionMode"), errors);
        ImmutableRules.Validate(after.PodFailurePolicy, before.PodFailurePolicy, path.Child("podFailurePolicy"), errors);
        ImmutableRules.Validate(after.BackoffLimitPerIndex, before.BackoffLimitPerIndex, path.Child("backoffLimitPerIndex"), errors);
        ImmutableRules.Validate(after.ManagedBy, before.ManagedBy, path.Child("managedBy"), errors);
        ImmutableRules.Validate(after.SuccessPolicy, before.SuccessPolicy, path.Child("successPolicy"), errors);
    }

    // The completions of an indexed Job may change together with its parallelism, if both are equal.
    private static void ValidateCompletions(V1JobSpec after, V1JobSpec before, FieldPath path, FieldErrors errors)
    {
        if (after.CompletionMode != JobValidation.Indexed)
            ImmutableRules.Validate(after.Completions, before.Completions, path, errors);
        else if (after.Completions is not null && after.Completions != before.Completions && after.Completions != after.Parallelism)
            errors.Invalid(path, after.Completions, "can only be modified in tandem with spec.parallelism");
    }

    /// <summary>The current template. For a suspended Job that never ran it has the placement of the updated one.</summary>
    private static V1PodTemplateSpec? ExpectedTemplate(V1JobSpec after, V1Job current)
    {
        if (current is not { Spec: { Suspend: true, Template.Spec: not null }, Status.StartTime: null } || after.Template?.Spec is not { } wanted)
            return current.Spec.Template;
        var expected = ObjectCodec.Clone(current.Spec.Template);
        if (wanted.Affinity?.NodeAffinity is not null || expected.Spec.Affinity is not null)
        {
            expected.Spec.Affinity ??= new V1Affinity();
            expected.Spec.Affinity.NodeAffinity = wanted.Affinity?.NodeAffinity;
        }

        expected.Spec.NodeSelector = wanted.NodeSelector;
        expected.Spec.Tolerations = wanted.Tolerations;
        expected.Spec.SchedulingGates = wanted.SchedulingGates;
        expected.Metadata ??= new V1ObjectMeta();
        expected.Metadata.Labels = after.Template.Metadata?.Labels;
        expected.Metadata.Annotations = after.Template.Metadata?.Annotations;
        return expected;
    }
}
