using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>What the spec of a Job asks for.</summary>
/// <param name="job">The job, with its defaults.</param>
internal sealed class JobDemand(V1Job job)
{
    private const string OwnName = "kubernetes.io/job-controller";

    /// <summary>The job.</summary>
    public V1Job Job => job;

    /// <summary>Whether this controller is the one that runs the job.</summary>
    public bool IsOurs => job.Spec.ManagedBy is null or OwnName;

    /// <summary>Whether each pod works on one index, and every index must succeed once.</summary>
    public bool IsIndexed => job.Spec is { CompletionMode: "Indexed", Completions: not null };

    /// <summary>How many pods, or indexes, have to succeed; null if the first success ends the job.</summary>
    public int? Completions => job.Spec.Completions;

    /// <summary>How many pods may run at once.</summary>
    public int Parallelism => job.Spec.Parallelism ?? 1;

    /// <summary>How many pods may fail before the Job fails.</summary>
    public int BackoffLimit => job.Spec.BackoffLimit ?? int.MaxValue;

    /// <summary>How many pods of one index may fail before the index fails; null if the Job has no limit per index.</summary>
    public int? BackoffLimitPerIndex => IsIndexed ? job.Spec.BackoffLimitPerIndex : null;

    /// <summary>Whether the Job is suspended, so that no pod may run.</summary>
    public bool IsSuspended => job.Spec.Suspend is true;

    /// <summary>Whether a pod is replaced only once it has ended, and not when its deletion begins.</summary>
    public bool ReplacesOnlyEnded => job.Spec.PodReplacementPolicy == "Failed" || job.Spec.PodFailurePolicy is not null;

    /// <summary>
    /// When the active deadline ends; null for never. The time of a Job that has not started, or that is being resumed, starts now.
    /// </summary>
    public DateTimeOffset? DeadlineAt(DateTimeOffset now)
    {
        if (job.Spec.ActiveDeadlineSeconds is not { } seconds || IsSuspended)
            return null;
        var isResuming = JobConditions.Has(job.Status, JobConditions.Suspended);
        var start = isResuming ? now : ApiTime.Read(job.Status?.StartTime) ?? now;
        return Waits.After(start, Waits.Seconds(seconds));
    }
}
