using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Schedules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Validates cron jobs.</summary>
/// <remarks>See ValidateCronJobCreate and -Update in k8s.io/kubernetes/pkg/apis/batch/validation.</remarks>
internal static class CronJobValidation
{
    private static readonly string[] ConcurrencyPolicies = ["Allow", "Forbid", "Replace"];

    /// <param name="spec">The spec.</param>
    /// <param name="current">The spec that it replaces; null for a new object.</param>
    /// <param name="errors">Receives the faults.</param>
    public static void Validate(V1CronJobSpec? spec, V1CronJobSpec? current, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if (string.IsNullOrEmpty(spec?.Schedule))
            errors.Required(path.Child("schedule"));
        else
            ValidateSchedule(spec, HasZone(current?.Schedule), path.Child("schedule"), errors);
        NumberRules.ValidateNotNegative(spec?.StartingDeadlineSeconds, path.Child("startingDeadlineSeconds"), errors);
        if (spec?.TimeZone is { } zone && (current is null || current.TimeZone != zone))
            ValidateTimeZone(zone, path.Child("timeZone"), errors);
        ChoiceRules.ValidateRequired(spec?.ConcurrencyPolicy, ConcurrencyPolicies, path.Child("concurrencyPolicy"), errors);
        ValidateJobTemplate(spec?.JobTemplate?.Spec, path.Child("jobTemplate").Child("spec"), errors);
        NumberRules.ValidateNotNegative(spec?.SuccessfulJobsHistoryLimit, path.Child("successfulJobsHistoryLimit"), errors);
        NumberRules.ValidateNotNegative(spec?.FailedJobsHistoryLimit, path.Child("failedJobsHistoryLimit"), errors);
    }

    private static void ValidateSchedule(V1CronJobSpec spec, bool mayHaveZone, FieldPath path, FieldErrors errors)
    {
        if (!CronSchedule.TryParse(spec.Schedule, out _, out var fault))
            errors.Invalid(path, spec.Schedule, fault);
        if (!HasZone(spec.Schedule))
            return;
        // A schedule from before the timeZone field may keep its zone in its text. It must not have the field as well.
        if (!mayHaveZone)
            errors.Invalid(path, spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        else if (spec.TimeZone is not null)
            errors.Invalid(path, spec.Schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
    }

    private static void ValidateTimeZone(string zone, FieldPath path, FieldErrors errors)
    {
        if (zone.Length == 0)
            errors.Invalid(path, zone, "timeZone must be nil or non-empty string");
        else if (zone.Equals("Local", StringComparison.OrdinalIgnoreCase))
            errors.Invalid(path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        else if (!TimeZones.TryFind(zone, out _))
            errors.Invalid(path, zone, $"unknown time zone {zone}");
    }

    private static void ValidateJobTemplate(V1JobSpec? spec, FieldPath path, FieldErrors errors)
    {
        JobValidation.Validate(spec, path, errors);
        if (spec?.Selector is not null)
            errors.Invalid(path.Child("selector"), spec.Selector, "`selector` will be auto-generated");
        if (spec?.ManualSelector == true)
            errors.NotSupported(path.Child("manualSelector"), true, "nil", "false");
    }

    private static bool HasZone(string? schedule) => schedule?.Contains("TZ", StringComparison.Ordinal) == true;
}
