using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.CronJobs;

/// <summary>The next status of a CronJob: its active Jobs, its last schedule time and its last success.</summary>
internal sealed class CronJobStatusDraft
{
    private readonly V1CronJob _cronJob;
    private readonly V1CronJob _drafted;
    private readonly List<V1ObjectReference> _active;
    private readonly List<PlannedEvent> _events = [];

    /// <summary>Starts from the CronJob's current status.</summary>
    public CronJobStatusDraft(V1CronJob cronJob)
    {
        (_cronJob, _drafted) = (cronJob, ObjectCodec.Clone(cronJob));
        _drafted.Status ??= new V1CronJobStatus();
        _active = [.. _drafted.Status.Active ?? []];
    }

    /// <summary>The events about the Jobs.</summary>
    public IReadOnlyList<PlannedEvent> Events => _events;

    /// <summary>Brings the status up to date with the observed Jobs.</summary>
    /// <param name="jobs">All Jobs that the CronJob controls, in key order.</param>
    public void Take(IReadOnlyList<V1Job> jobs)
    {
        var known = _active.Select(job => job.Uid).ToHashSet();
        foreach (var job in jobs)
        {
            var time = ScheduledJob.TimeOf(_cronJob, job);
            TakeTime(time);
            TakeOutcome(job, known.Contains(job.Metadata.Uid));
            if (JobConditions.Outcome(job.Status) is null && !known.Contains(job.Metadata.Uid) && !job.IsDeleting)
                TakeRunning(job, time is not null);
        }

        var present = jobs.Select(job => job.Metadata.Uid).ToHashSet();
        foreach (var missing in _active.Where(job => !present.Contains(job.Uid)).ToList())
        {
            _active.Remove(missing);
            Tell("Normal", "MissingJob", $"Active job went missing: {missing.Name}");
        }
    }

    /// <summary>Removes Jobs from the active ones.</summary>
    public void Forget(IEnumerable<V1ObjectReference> jobs)
    {
        var uids = jobs.Select(job => job.Uid).ToHashSet();
        _active.RemoveAll(job => uids.Contains(job.Uid));
    }

    /// <summary>The write that notes a time as followed, whatever version the cron job is at by then; null if it is noted already.</summary>
    public PatchObject? Follow(DateTimeOffset time)
    {
        TakeTime(time);
        return PatchObject.OfStatus(WellKnownResources.CronJobs, _cronJob, _drafted);
    }

    /// <summary>The write; null if the status is as it was.</summary>
    public UpdateStatus? Finished()
    {
        _drafted.Status.Active = _active.Count > 0 ? _active : null;
        return ObjectFacts.SameJson(_cronJob.Status ?? new V1CronJobStatus(), _drafted.Status) ? null : new UpdateStatus(WellKnownResources.CronJobs, _drafted);
    }

    private void TakeTime(DateTimeOffset? time)
    {
        if (time is { } followed && (ApiTime.Read(_drafted.Status.LastScheduleTime) is not { } last || last < followed))
            _drafted.Status.LastScheduleTime = followed.UtcDateTime;
    }

    private void TakeOutcome(V1Job job, bool wasActive)
    {
        if (JobConditions.Outcome(job.Status) is not { } outcome)
            return;
        if (wasActive)
        {
            _active.RemoveAll(active => active.Uid == job.Metadata.Uid);
            Tell("Normal", "SawCompletedJob", $"Saw completed job: {job.Metadata.Name}, condition: {outcome.Type}");
        }

        if (outcome.Type == JobConditions.Complete && job.Status.CompletionTime is { } completed && !(_drafted.Status.LastSuccessfulTime >= completed))
            _drafted.Status.LastSuccessfulTime = completed;
    }

    private void TakeRunning(V1Job job, bool isScheduled)
    {
        if (!isScheduled)
        {
            Tell("Warning", "UnexpectedJob", $"Saw a job that the controller did not create or forgot: {job.Metadata.Name}");
            return;
        }

        _active.Add(new V1ObjectReference
        {
            ApiVersion = $"{V1Job.KubeGroup}/{V1Job.KubeApiVersion}",
            Kind = V1Job.KubeKind,
            NamespaceProperty = job.Metadata.NamespaceProperty,
            Name = job.Metadata.Name,
            Uid = job.Metadata.Uid,
            ResourceVersion = job.Metadata.ResourceVersion,
        });
    }

    private void Tell(string type, string reason, string message) => _events.Add(new PlannedEvent(type, reason, message));
}
