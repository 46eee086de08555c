using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>What a job asks for.</summary>
/// <param name="job">The job, with its defaults.</param>
internal sealed class JobDemand(V1Job job)
{
    private const string OwnName = "kubernetes.io/job-controller";

    /// <summary>The job.</summary>
    public V1Job Job => job;

    /// <summary>Whether this controller is the one that runs the job.</summary>
    public bool IsOurs => job.Spec.ManagedBy is null or OwnName;

    /// <summary>Whether each pod is for one index, and the job wants every index once.</summary>
    public bool IsIndexed => job.Spec is { CompletionMode: "Indexed", Completions: not null };

    /// <summary>How many pods, or indexes, have to succeed; null if the first success ends the job.</summary>
    public int? Completions => job.Spec.Completions;

    /// <summary>How many pods may run at once.</summary>
    public int Parallelism => job.Spec.Parallelism ?? 1;

    /// <summary>How many pods may fail before the job does.</summary>
    public int BackoffLimit => job.Spec.BackoffLimit ?? int.MaxValue;

    /// <summary>How many pods of one index may fail before the index does; null if indexes do not fail by themselves.</summary>
    public int? BackoffLimitPerIndex => IsIndexed ? job.Spec.BackoffLimitPerIndex : null;

    /// <summary>Whether no pod is to run for now.</summary>
    public bool IsSuspended => job.Spec.Suspend is true;

    /// <summary>Whether a pod is replaced only once it has ended, and not as soon as it is being deleted.</summary>
    public bool ReplacesOnlyEnded => job.Spec.PodReplacementPolicy == "Failed" || job.Spec.PodFailurePolicy is not null;

    /// <summary>When the job has run for too long in one go; null for never. A job that has not started yet, or is resumed, starts now.</summary>
    public DateTimeOffset? DeadlineAt(DateTimeOffset now)
    {
        if (job.Spec.ActiveDeadlineSeconds is not { } seconds || IsSuspended)
            return null;
        var isResuming = JobConditions.Has(job.Status, JobConditions.Suspended);
        var start = isResuming ? now : ApiTime.Read(job.Status?.StartTime) ?? now;
        return Waits.After(start, Waits.Seconds(seconds));
    }
}
