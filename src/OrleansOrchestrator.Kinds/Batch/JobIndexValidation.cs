using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Validates indexed Jobs, and the fields that only indexed Jobs may have.</summary>
internal static class JobIndexValidation
{
    private const int ParallelismMax = 100_000;
    private const int FailedIndexesMax = 100_000;
    private const int CompletionsHigh = 100_000;
    private const int ParallelismMaxOfMany = 10_000;
    private const int FailedIndexesMaxOfMany = 10_000;

    public static void Validate(V1JobSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.CompletionMode == JobValidation.Indexed)
            ValidateIndexed(spec, path, errors);
        else if (spec.CompletionMode is null or JobDefaults.NonIndexed)
            ValidateNonIndexed(spec, path, errors);
    }

    private static void ValidateIndexed(V1JobSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.Completions is null)
            errors.Required(path.Child("completions"), "when completion mode is Indexed");
        if (spec.Parallelism > ParallelismMax)
            errors.Invalid(path.Child("parallelism"), spec.Parallelism, Text($"must be less than or equal to {ParallelismMax} when completion mode is Indexed"));
        if (spec.MaxFailedIndexes > spec.Completions)
            errors.Invalid(path.Child("maxFailedIndexes"), spec.MaxFailedIndexes, "must be less than or equal to completions");
        if (spec.MaxFailedIndexes > FailedIndexesMax)
            errors.Invalid(path.Child("maxFailedIndexes"), spec.MaxFailedIndexes, Text($"must be less than or equal to {FailedIndexesMax}"));
        if (spec is { Completions: > CompletionsHigh, BackoffLimitPerIndex: not null })
            ValidateMany(spec, path, errors);
    }

    // The status lists the failed indexes, and it must stay small.
    private static void ValidateMany(V1JobSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.MaxFailedIndexes is null)
            errors.Required(path.Child("maxFailedIndexes"), Text($"must be specified when completions is above {CompletionsHigh}"));
        if (spec.Parallelism > ParallelismMaxOfMany)
        {
            errors.Invalid(path.Child("parallelism"), spec.Parallelism, Text(
                $"must be less than or equal to {ParallelismMaxOfMany} when completions are above {CompletionsHigh} and used with backoff limit per index"));
        }

        if (spec.MaxFailedIndexes > FailedIndexesMaxOfMany)
        {
            errors.Invalid(path.Child("maxFailedIndexes"), spec.MaxFailedIndexes, Text(
                $"must be less than or equal to {FailedIndexesMaxOfMany} when completions are above {CompletionsHigh} and used with backoff limit per index"));
        }
    }

    private static void ValidateNonIndexed(V1JobSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.BackoffLimitPerIndex is not null)
            errors.Invalid(path.Child("backoffLimitPerIndex"), spec.BackoffLimitPerIndex, "requires indexed completion mode");
        if (spec.MaxFailedIndexes is not null)
            errors.Invalid(path.Child("maxFailedIndexes"), spec.MaxFailedIndexes, "requires indexed completion mode");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
