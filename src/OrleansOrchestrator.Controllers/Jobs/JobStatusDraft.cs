using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>The next status of a Job, while a plan is being made.</summary>
internal sealed class JobStatusDraft
{
    private readonly V1Job _job;
    private readonly V1Job _drafted;
    private readonly DateTime _now;
    private PlannedEvent? _event;

    /// <summary>Starts from the Job's current status.</summary>
    public JobStatusDraft(V1Job job, DateTimeOffset now)
    {
        (_job, _drafted, _now) = (job, ObjectCodec.Clone(job), ObjectMetaRules.TruncateToSeconds(now));
        _drafted.Status ??= new V1JobStatus();
    }

    /// <summary>Events besides the one on a change of the Job's state.</summary>
    public IReadOnlyList<PlannedEvent> Warnings { get; private set; } = [];

    private V1JobStatus Status => _drafted.Status;

    /// <summary>Sets the counts of pods.</summary>
    public void Count(JobDemand demand, IReadOnlyList<JobPod> pods, JobTally tally)
    {
        if (!demand.IsSuspended)
            Status.StartTime ??= _now;
        Status.Active = ObjectFacts.OmitZero(pods.Count(pod => pod.IsActive));
        Status.Ready = pods.Count(pod => pod.IsActive && pod.Pod.IsReady);
        Status.Terminating = pods.Count(pod => pod.IsTerminating);
        Status.Succeeded = ObjectFacts.OmitZero(tally.Succeeded);
        Status.Failed = ObjectFacts.OmitZero(tally.Failed);
        Status.UncountedTerminatedPods = new V1UncountedTerminatedPods
        {
            Succeeded = tally.UncountedSucceeded.Count > 0 ? [.. tally.UncountedSucceeded] : null,
            Failed = tally.UncountedFailed.Count > 0 ? [.. tally.UncountedFailed] : null,
        };
        Status.CompletedIndexes = tally.Completed.Count > 0 ? tally.Completed.ToString() : null;
        Status.FailedIndexes = tally.FailedIndexes?.ToString();
    }

    /// <summary>Records that the Job is to end, before its pods have ended.</summary>
    public void Record(JobVerdict verdict) => Set(verdict.Condition, "True", verdict.Reason, verdict.Message);

    /// <summary>Records that the Job has finished, after all its pods have ended.</summary>
    public void Finish(JobVerdict verdict)
    {
        // A suspended Job with nothing to do finishes before it has started.
        Status.StartTime ??= _now;
        Set(verdict.FinalCondition, "True", verdict.Reason, verdict.Message);
        if (verdict.IsFailure)
        {
            _event = new PlannedEvent("Warning", verdict.Reason, verdict.Message);
            return;
        }

        // The clock that set the start time may be ahead of this one.
        Status.CompletionTime = _now < Status.StartTime ? Status.StartTime : _now;
        _event = new PlannedEvent("Normal", "Completed", "Job completed");
        if (Status.Succeeded > _job.Spec.Completions)
            Warnings = [new PlannedEvent("Warning", "TooManySucceededPods", "Too many succeeded pods running after completion count reached")];
    }

    /// <summary>
    /// Records whether the Job is suspended. A resumed Job gets a new start time, because its deadline does not cover the time
    /// before.
    /// </summary>
    public void Suspend(bool isSuspended)
    {
        if (isSuspended == JobConditions.Has(Status, JobConditions.Suspended))
            return;
        var (status, reason, message) = isSuspended ? ("True", "JobSuspended", "Job suspended") : ("False", "JobResumed", "Job resumed");
        Set(JobConditions.Suspended, status, reason, message);
        _event = new PlannedEvent("Normal", isSuspended ? "Suspended" : "Resumed", message);
        if (!isSuspended)
            Status.StartTime = _now;
    }

    /// <summary>The write of the status; null if the status has not changed.</summary>
    public UpdateStatus? Finished() => ObjectFacts.SameJson(_job.Status, Status) ? null : new UpdateStatus(WellKnownResources.Jobs, _drafted)
    {
        EventOnSuccess = _event is { } told ? _ => told : null,
    };

    private void Set(string type, string status, string reason, string message)
    {
        var condition = new V1JobCondition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            LastProbeTime = _now,
            LastTransitionTime = _now,
        };
        Status.Conditions = [.. (Status.Conditions ?? []).Where(other => other.Type != type), condition];
    }
}
