using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Validates Jobs, and the Job templates of CronJobs.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/batch/validation; faults come in the same order.</remarks>
internal static class JobValidation
{
    public const string Indexed = "Indexed";

    private const int ManagedByLengthMax = 63;

    private static readonly string[] CompletionModes = [JobDefaults.NonIndexed, Indexed];
    private static readonly string[] ReplacementPolicies = ["Failed", "TerminatingOrFailed"];

    public static void Validate(V1JobSpec? spec, FieldPath path, FieldErrors errors)
    {
        if (spec is null)
        {
            errors.Required(path.Child("template"));
            return;
        }

        NumberRules.ValidateNotNegative(spec.Parallelism, path.Child("parallelism"), errors);
        NumberRules.ValidateNotNegative(spec.Completions, path.Child("completions"), errors);
        NumberRules.ValidateNotNegative(spec.ActiveDeadlineSeconds, path.Child("activeDeadlineSeconds"), errors);
        NumberRules.ValidateNotNegative(spec.BackoffLimit, path.Child("backoffLimit"), errors);
        NumberRules.ValidateNotNegative(spec.TtlSecondsAfterFinished, path.Child("ttlSecondsAfterFinished"), errors);
        NumberRules.ValidateNotNegative(spec.BackoffLimitPerIndex, path.Child("backoffLimitPerIndex"), errors);
        NumberRules.ValidateNotNegative(spec.MaxFailedIndexes, path.Child("maxFailedIndexes"), errors);
        if (spec is { MaxFailedIndexes: not null, BackoffLimitPerIndex: null })
            errors.Required(path.Child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
        if (spec.ManagedBy is { } manager)
            ValidateManagedBy(manager, path.Child("managedBy"), errors);
        ChoiceRules.ValidateOptional(spec.CompletionMode, CompletionModes, path.Child("completionMode"), errors);
        JobIndexValidation.Validate(spec, path, errors);
        if (spec.PodFailurePolicy is not null)
            PodFailurePolicyValidation.Validate(spec, path.Child("podFailurePolicy"), errors);
        if (spec.SuccessPolicy is not null)
            SuccessPolicyValidation.Validate(spec, path.Child("successPolicy"), errors);
        ValidateReplacement(spec, path.Child("podReplacementPolicy"), errors);
        if (spec.Template is null)
            errors.Required(path.Child("template"));
        else
            ValidateTemplate(spec, spec.Template, path.Child("template"), errors);
    }

    /// <summary>An indexed Job's name and the index form a pod's host name.</summary>
    public static void ValidateHostNames(V1Job job, FieldErrors errors)
    {
        if (job.Spec is not { CompletionMode: Indexed, Completions: > 0 and var completions })
            return;
        var longest = string.Create(CultureInfo.InvariantCulture, $"{job.Metadata.Name}-{completions - 1}");
        if (NameRules.IsDns1123Label(longest).Count > 0)
        {
            errors.Invalid(FieldPath.Metadata.Child("name"), job.Metadata.Name,
                $"will not able to create pod with invalid DNS label: {longest}");
        }
    }

    private static void ValidateManagedBy(string manager, FieldPath path, FieldErrors errors)
    {
        DomainRules.ValidatePrefixedPath(manager, path, errors);
        if (manager.Length > ManagedByLengthMax)
            errors.TooLong(path, ManagedByLengthMax);
    }

    private static void ValidateReplacement(V1JobSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.PodReplacementPolicy is not { } policy)
            return;
        var supported = spec.PodFailurePolicy is null ? ReplacementPolicies : ["Failed"];
        if (!supported.Contains(policy))
            errors.NotSupported(path, policy, supported);
    }

    private static void ValidateTemplate(V1JobSpec spec, V1PodTemplateSpec template, FieldPath path, FieldErrors errors)
    {
        PodTemplateRules.Validate(template, path, errors);
        var restart = path.Child("spec").Child("restartPolicy");
        switch (template.Spec?.RestartPolicy)
        {
            // "Always" is also the default, so the user may not have asked for it.
            case null or "" or "Always":
                errors.Required(restart, "valid values: \"OnFailure\", \"Never\"");
                break;
            case "Never":
                break;
            case "OnFailure":
                if (spec.PodFailurePolicy is not null)
                    errors.Invalid(restart, "OnFailure", "only \"Never\" is supported when podFailurePolicy is specified");
                break;
            default:
                errors.NotSupported(restart, template.Spec.RestartPolicy, "OnFailure", "Never");
                break;
        }
    }
}
