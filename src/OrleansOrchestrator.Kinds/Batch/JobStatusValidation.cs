using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Validates the status of Jobs: an outcome is final and complete, and counts only grow.</summary>
/// <remarks>See ValidateJobStatusUpdate in k8s.io/kubernetes/pkg/apis/batch/validation.</remarks>
internal static class JobStatusValidation
{
    private static readonly string[] Terminal = [JobConditions.Failed, JobConditions.Complete, JobConditions.FailureTarget];

    public static void Validate(V1Job updated, V1Job current, FieldErrors errors)
    {
        var (status, before) = (updated.Status ?? new V1JobStatus(), current.Status ?? new V1JobStatus());
        ValidateCounts(status, errors);
        ValidateUncounted(status.UncountedTerminatedPods, errors);
        ValidateConditions(status, errors);
        ValidateTimes(status, errors);
        ValidateFinished(status, errors);
        ValidateIndexes(updated.Spec, status, errors);
        ValidateChange(status, before, updated.Spec, errors);
    }

    private static void ValidateCounts(V1JobStatus status, FieldErrors errors)
    {
        var path = FieldPath.Status;
        NumberRules.ValidateNotNegative(status.Active, path.Child("active"), errors);
        NumberRules.ValidateNotNegative(status.Succeeded, path.Child("succeeded"), errors);
        NumberRules.ValidateNotNegative(status.Failed, path.Child("failed"), errors);
        NumberRules.ValidateNotNegative(status.Ready, path.Child("ready"), errors);
        NumberRules.ValidateNotNegative(status.Terminating, path.Child("terminating"), errors);
        if (status.Ready > (status.Active ?? 0))
            errors.Invalid(path.Child("ready"), status.Ready, "cannot set more ready pods than active");
    }

    private static void ValidateUncounted(V1UncountedTerminatedPods? pods, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, uids) in new[] { ("succeeded", (pods?.Succeeded).OrNone()), ("failed", (pods?.Failed).OrNone()) })
        {
            for (var i = 0; i < uids.Count; i++)
            {
                var path = FieldPath.Status.Child("uncountedTerminatedPods").Child(name).Index(i);
                if (string.IsNullOrEmpty(uids[i]))
                    errors.Invalid(path, "", "must not be empty");
                else if (!seen.Add(uids[i]))
                    errors.Duplicate(path, uids[i]);
            }
        }
    }

    private static void ValidateConditions(V1JobStatus status, FieldErrors errors)
    {
        var path = FieldPath.Status.Child("conditions");
        var (complete, failed) = (JobConditions.Has(status, JobConditions.Complete), JobConditions.Has(status, JobConditions.Failed));
        var (target, met) = (JobConditions.Has(status, JobConditions.FailureTarget), JobConditions.Has(status, JobConditions.SuccessCriteriaMet));
        if (complete && failed)
            errors.InvalidAsWhole(path, "cannot set Complete=True and Failed=true conditions");
        if (complete && target)
            errors.InvalidAsWhole(path, "cannot set Complete=True and FailureTarget=true conditions");
        if (failed && !target)
            errors.InvalidAsWhole(path, "cannot set Failed=True condition without the FailureTarget=true condition");
        if (complete && !met)
            errors.InvalidAsWhole(path, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
        if (met && failed)
            errors.InvalidAsWhole(path, "cannot set SuccessCriteriaMet=True and Failed=true conditions");
        if (met && target)
            errors.InvalidAsWhole(path, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
    }

    private static void ValidateTimes(V1JobStatus status, FieldErrors errors)
    {
        var path = FieldPath.Status.Child("completionTime");
        var complete = JobConditions.Has(status, JobConditions.Complete);
        if (status.CompletionTime is not null && !complete)
            errors.Invalid(path, status.CompletionTime, "cannot set completionTime when there is no Complete=True condition");
        if (status.CompletionTime is null && complete)
            errors.Required(path, "completionTime is required for Complete jobs");
        if (status.CompletionTime < status.StartTime)
            errors.Invalid(path, status.CompletionTime, "completionTime cannot be set before startTime");
    }

    private static void ValidateFinished(V1JobStatus status, FieldErrors errors)
    {
        if (!JobConditions.Has(status, JobConditions.Complete) && !JobConditions.Has(status, JobConditions.Failed))
            return;
        var path = FieldPath.Status;
        if (status.Active > 0)
            errors.Invalid(path.Child("active"), status.Active, "active>0 is invalid for finished job");
        if (status.StartTime is null)
            errors.Required(path.Child("startTime"), "startTime is required for finished job");
        if (status.UncountedTerminatedPods is { } pods && pods.Failed.OrNone().Count + pods.Succeeded.OrNone().Count > 0)
            errors.Invalid(path.Child("uncountedTerminatedPods"), pods, "uncountedTerminatedPods needs to be empty for finished job");
        if (status.Terminating > 0)
            errors.Invalid(path.Child("terminating"), status.Terminating, "terminating>0 is invalid for finished job");
    }

    private static void ValidateIndexes(V1JobSpec? spec, V1JobStatus status, FieldErrors errors)
    {
        var path = FieldPath.Status;
        if (!string.IsNullOrEmpty(status.CompletedIndexes))
        {
            if (spec?.CompletionMode != JobValidation.Indexed)
                errors.Invalid(path.Child("completedIndexes"), status.CompletedIndexes, "cannot set non-empty completedIndexes when non-indexed completion mode");
            else if (JobIndexes.FaultOf(status.CompletedIndexes, spec.Completions ?? 0, out _) is { } fault)
                errors.Invalid(path.Child("completedIndexes"), status.CompletedIndexes, $"error parsing completedIndexes: {fault}");
        }

        if (status.FailedIndexes is null)
            return;
        if (spec?.BackoffLimitPerIndex is null)
            errors.Invalid(path.Child("failedIndexes"), status.FailedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
        else if (JobIndexes.FaultOf(status.FailedIndexes, spec.Completions ?? 0, out _) is { } fault)
            errors.Invalid(path.Child("failedIndexes"), status.FailedIndexes, $"error parsing failedIndexes: {fault}");
    }

    private static void ValidateChange(V1JobStatus status, V1JobStatus before, V1JobSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Status;
        foreach (var type in Terminal)
        {
            if (JobConditions.Has(before, type) && !JobConditions.Has(status, type))
                errors.InvalidAsWhole(path.Child("conditions"), $"cannot disable the terminal {type}=True condition");
        }

        if (JobConditions.Has(before, JobConditions.SuccessCriteriaMet) && !JobConditions.Has(status, JobConditions.SuccessCriteriaMet))
            errors.InvalidAsWhole(path.Child("conditions"), "cannot disable the SuccessCriteriaMet=True condition");
        if ((status.Failed ?? 0) < (before.Failed ?? 0))
            errors.Invalid(path.Child("failed"), status.Failed ?? 0, "cannot decrease the failed counter");
        // An indexed Job whose completions are reduced cannot have more succeeded indexes than completions.
        if ((status.Succeeded ?? 0) < (before.Succeeded ?? 0) && spec?.CompletionMode != JobValidation.Indexed)
            errors.Invalid(path.Child("succeeded"), status.Succeeded ?? 0, "cannot decrease the succeeded counter");
        if (status.CompletionTime is not null && before.CompletionTime is not null && status.CompletionTime != before.CompletionTime)
            errors.Invalid(path.Child("completionTime"), status.CompletionTime, "completionTime cannot be mutated");
        // A resumed Job gets a new start time.
        var isResuming = JobConditions.Has(before, JobConditions.Suspended) && !JobConditions.Has(status, JobConditions.Suspended);
        if (before.StartTime is not null && status.StartTime != before.StartTime && spec?.Suspend != true && !isResuming)
            errors.Required(path.Child("startTime"), "startTime cannot be removed for unsuspended job");
    }
}
