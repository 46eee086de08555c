using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>The columns of <c>kubectl get jobs</c>.</summary>
internal static class JobCells
{
    public static string Status(V1Job job)
    {
        if (JobConditions.Has(job.Status, JobConditions.Complete))
            return JobConditions.Complete;
        if (JobConditions.Has(job.Status, JobConditions.Failed))
            return JobConditions.Failed;
        if (job.Metadata.DeletionTimestamp is not null)
            return "Terminating";
        if (JobConditions.Has(job.Status, JobConditions.Suspended))
            return JobConditions.Suspended;
        return JobConditions.Has(job.Status, JobConditions.FailureTarget) ? JobConditions.FailureTarget : "Running";
    }

    public static string Completions(V1Job job)
    {
        var succeeded = job.Status?.Succeeded ?? 0;
        if (job.Spec?.Completions is { } completions)
            return string.Create(CultureInfo.InvariantCulture, $"{succeeded}/{completions}");
        return job.Spec?.Parallelism is > 1 and var parallelism
            ? string.Create(CultureInfo.InvariantCulture, $"{succeeded}/1 of {parallelism}")
            : string.Create(CultureInfo.InvariantCulture, $"{succeeded}/1");
    }

    public static string Duration(V1Job job, DateTimeOffset now)
    {
        if (job.Status?.StartTime is not { } start)
            return "";
        return job.Status.CompletionTime is { } end ? HumanDuration.Format(end - start) : HumanDuration.Since(start, now);
    }
}
