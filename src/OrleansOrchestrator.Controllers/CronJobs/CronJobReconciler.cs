using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Schedules;

namespace OrleansOrchestrator.Controllers.CronJobs;

/// <summary>Creates a Job at each time of a CronJob's schedule, and deletes finished Jobs beyond the history limits.</summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/cronjob. What the status has to take from the jobs is written first, and only then is a job
/// removed or made: a time whose job is gone is known by the status, and would otherwise have a second one. The plan that makes a job
/// notes its time at once, since the job may be gone before anybody sees it. Should the controller die between the two writes, the job
/// itself tells its time, as long as it is there: a run is rather repeated than lost.
/// </remarks>
public sealed class CronJobReconciler : IReconciler
{
    /// <summary>The most Jobs that one plan deletes.</summary>
    public const int DeletionsMax = 500;

    // Clocks differ. A look that comes slightly before the scheduled time would find nothing due.
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(100);

    // An active Job of the status that is absent counts as gone. Its absence is read from the newest state.
    private static readonly ControlledByOwner Jobs = new(WellKnownResources.Jobs)
    {
        ConcludesFromAbsence = static cronJob => cronJob is V1CronJob { Status.Active.Count: > 0 },
    };

    /// <inheritdoc/>
    public string Name => "cronjob-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.CronJobs;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Jobs];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1CronJob { Spec.JobTemplate.Spec: not null } cronJob)
            return Plan.Nothing;
        var jobs = observation.Of<V1Job>(Jobs).OrderBy(job => job.Key).ToList();
        var status = new CronJobStatusDraft(cronJob);
        status.Take(jobs);
        if (status.Finished() is { } update)
            return new Plan { Actions = [update], Events = status.Events };

        var removals = Removals(cronJob.Spec, jobs).ToList();
        if (cronJob.IsDeleting || cronJob.Spec.Suspend is true)
            return Removing(removals, new Plan { Events = status.Events });
        return Removing(removals, Follow(cronJob, jobs, status, observation.Now));
    }

    /// <summary>Makes the job that is due.</summary>
    private static Plan Follow(V1CronJob cronJob, List<V1Job> jobs, CronJobStatusDraft status, DateTimeOffset now)
    {
        var spec = cronJob.Spec;
        if (!CronSchedule.TryParse(spec.Schedule, out var schedule, out var fault))
            return Telling(status, "UnparseableSchedule", $"unparseable schedule: \"{spec.Schedule}\" : {fault}");
        var zone = TimeZoneInfo.Utc;
        if (spec.TimeZone is { } name && !TimeZones.TryFind(name, out zone))
            return Telling(status, "UnknownTimeZone", $"invalid timeZone: \"{name}\": unknown time zone {name}");

        var since = ApiTime.Read(cronJob.Status?.LastScheduleTime) ?? ApiTime.Read(cronJob.Metadata.CreationTimestamp) ?? now;
        var missed = MissedSchedules.Of(schedule, zone, since, now);
        // A time that is noted may lie ahead, where clocks differ or somebody wrote it.
        var last = missed.Latest ?? (since < now ? since : now);
        var plan = Decide(cronJob, jobs, status, missed, zone, now);
        return plan with { RequeueAfter = plan.RequeueAfter ?? (schedule.Next(last, zone) is { } next ? next + Lateness - now : null) };
    }

    private static Plan Decide(
        V1CronJob cronJob, List<V1Job> jobs, CronJobStatusDraft status, MissedSchedules missed, TimeZoneInfo zone, DateTimeOffset now)
    {
        // The times of an interval of seconds share a minute, and with it a name: one job is made for all of them.
        if (missed.Latest is not { } time || jobs.Any(job => job.Metadata.Name == ScheduledJob.NameAt(cronJob, time)))
            return new Plan { Events = status.Events };
        var spec = cronJob.Spec;
        if (spec.StartingDeadlineSeconds is { } seconds && Waits.After(time, Waits.Seconds(seconds)) < now)
        {
            var text = time.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);
            return Telling(status, "MissSchedule", $"Missed scheduled time to start a job: {text}");
        }

        PlannedEvent[] warnings = !missed.AreMany || spec.StartingDeadlineSeconds is not null ? [] :
        [
            new("Warning", "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"),
        ];
        var active = cronJob.Status?.Active ?? [];
        if (active.Count > 0 && spec.ConcurrencyPolicy == "Forbid")
        {
            var told = new PlannedEvent("Normal", "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
            return new Plan { Events = [.. status.Events, .. warnings, told] };
        }

        if (active.Count > 0 && spec.ConcurrencyPolicy == "Replace")
            return Replace(status, active);

        var creation = new CreateObject(WellKnownResources.Jobs, ScheduledJob.Create(cronJob, time, zone))
        {
            EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulCreate", $"Created job {name}"),
            EventOnFailure = static error => new PlannedEvent("Warning", "FailedCreate", $"Error creating job: {error}"),
        };
        return new Plan
        {
            Actions = [creation],
            Conclude = refused => refused.Any(failed => failed.Action == creation) ? null : status.Follow(time),
            Events = [.. status.Events, .. warnings],
        };
    }

    /// <summary>Deletes the active Jobs. Their successor is created afterwards. A Job whose deletion failed becomes active again.</summary>
    private static Plan Replace(CronJobStatusDraft status, IList<V1ObjectReference> active)
    {
        status.Forget(active);
        var removals = active.Select(job => Remove(new ObjectKey(job.NamespaceProperty, job.Name), job.Uid));
        return new Plan { Actions = [.. removals, status.Finished()!], Events = status.Events, RequeueAfter = TimeSpan.Zero };
    }

    /// <summary>Deletes the finished Jobs beyond the history limits, the oldest first.</summary>
    private static IEnumerable<DeleteObject> Removals(V1CronJobSpec spec, List<V1Job> jobs) =>
        Oldest(jobs, JobConditions.Complete, spec.SuccessfulJobsHistoryLimit).Concat(Oldest(jobs, JobConditions.Failed, spec.FailedJobsHistoryLimit))
            .Where(job => !job.IsDeleting)
            .Select(job => Remove(job.Key, job.Metadata.Uid));

    private static IEnumerable<V1Job> Oldest(List<V1Job> jobs, string outcome, int? keep)
    {
        var ended = jobs.Where(job => JobConditions.Outcome(job.Status)?.Type == outcome).ToList();
        return keep is not { } most ? [] : ended
            .OrderBy(job => job.Status.StartTime ?? DateTime.MaxValue)
            .ThenBy(job => job.Metadata.Name, StringComparer.Ordinal)
            .Take(Math.Max(0, ended.Count - most));
    }

    private static DeleteObject Remove(ObjectKey key, string uid) => new(WellKnownResources.Jobs, key, uid)
    {
        Propagation = DeletionPropagation.Background,
        EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulDelete", $"Deleted job {name}"),
        EventOnFailure = static error => new PlannedEvent("Warning", "FailedDelete", $"Deleted job: {error}"),
    };

    private static Plan Removing(List<DeleteObject> removals, Plan plan) => plan with
    {
        Actions = [.. removals.Take(DeletionsMax), .. plan.Actions],
        RequeueAfter = removals.Count > DeletionsMax ? TimeSpan.Zero : plan.RequeueAfter,
    };

    private static Plan Telling(CronJobStatusDraft status, string reason, string message) =>
        new() { Events = [.. status.Events, new PlannedEvent("Warning", reason, message)] };
}
