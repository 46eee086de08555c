using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>
/// Runs the pods of a Job until enough of them have succeeded, or too many have failed. The status records that the Job is to end
/// before pods are ended for it. A finished Job never runs again.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/job.</remarks>
public sealed class JobReconciler : IReconciler
{
    private static readonly SelectedByLabels Selected = new(WellKnownResources.Pods, job => SelectorOf((V1Job)job));

    // An absent pod counts as ended, and a Job without pods finishes. So absence must be read from the newest state.
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.Pods)
    {
        ConcludesFromAbsence = static job => job is V1Job { Status: { } status }
            && (status.UncountedTerminatedPods is { Succeeded.Count: > 0 } or { Failed.Count: > 0 } || JobVerdict.Recorded(status) is not null)
            && JobConditions.Outcome(status) is null,
    };

    private static readonly LeftBehindPods LeftBehind = new();

    /// <inheritdoc/>
    public string Name => "job-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Jobs;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Selected, Controlled, LeftBehind];

    /// <inheritdoc/>
    public TimeSpan BatchPeriod => TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        var leftBehind = observation.Of<V1Pod>(LeftBehind);
        if (observation.Primary is not V1Job { Spec.Template.Spec: not null } job || new JobDemand(job) is not { IsOurs: true } demand)
            return PlanOf(leftBehind, JobPodPlan.Nothing);
        return JobConditions.Outcome(job.Status) is null
            ? Run(demand, observation, leftBehind)
            : End(demand, observation, leftBehind);
    }

    private static Plan Run(JobDemand demand, Observation observation, IEnumerable<V1Pod> leftBehind)
    {
        var claims = ClaimedObjects<V1Pod>.Of(
            demand.Job, SelectorOf(demand.Job), WellKnownResources.Pods, observation.OfAny<V1Pod>(Selected, Controlled), finalizer: JobMetadataKeys.TrackingFinalizer);
        // The number of wanted pods depends on whether the adoptions succeed.
        if (claims.Changes.Count > 0)
            return PlanOf(leftBehind, JobPodPlan.Bounded(claims.Changes));

        var now = observation.Now;
        var pods = claims.Objects.Select(pod => new JobPod(pod, demand)).ToList();
        var tally = JobTally.Of(demand, pods);
        var status = new JobStatusDraft(demand.Job, now);
        status.Count(demand, pods, tally);
        var released = leftBehind.Concat(tally.Released.Select(pod => pod.Pod));
        if (JobVerdict.Recorded(demand.Job.Status) is { } recorded)
        {
            if (tally.IsSettled && !pods.Exists(pod => pod.IsActive || pod.IsTerminating))
                status.Finish(recorded);
            var active = pods.Where(pod => pod.IsActive);
            return PlanOf(released, recorded.IsFailure ? JobPodPlanner.TakeAlong(active) : JobPodPlanner.DoWithout(active), status);
        }

        if (JobVerdict.Of(demand, pods, tally, now) is { } verdict)
        {
            status.Record(verdict);
            return PlanOf(released, JobPodPlan.Nothing, status);
        }

        var deadline = demand.DeadlineAt(now) - now;
        if (demand.Job.IsDeleting)
            return PlanOf(released, new JobPodPlan([], deadline), status);
        status.Suspend(demand.IsSuspended);
        return PlanOf(released, JobPodPlanner.Plan(demand, pods, tally, now).NotLaterThan(deadline), status);
    }

    /// <summary>Cleans up after a finished Job: ends its active pods, and removes the finalizer from the others.</summary>
    private static Plan End(JobDemand demand, Observation observation, IEnumerable<V1Pod> leftBehind)
    {
        var pods = observation.Of<V1Pod>(Controlled).OrderBy(pod => pod.Key).Select(pod => new JobPod(pod, demand)).ToList();
        return PlanOf(
            leftBehind.Concat(pods.Where(pod => pod is { IsTracked: true, IsActive: false }).Select(pod => pod.Pod)),
            JobPodPlanner.DoWithout(pods.Where(pod => pod.IsActive)));
    }

    private static Plan PlanOf(IEnumerable<V1Pod> released, JobPodPlan pods, JobStatusDraft? status = null)
    {
        var untracked = JobPodPlan.Bounded([.. released.OrderBy(pod => pod.Key).Select(Untrack)]);
        var actions = untracked.Actions.Concat(pods.Actions);
        if (status?.Finished() is { } update)
            actions = actions.Append(update);
        return new Plan { Actions = [.. actions], Events = status?.Warnings ?? [], RequeueAfter = pods.NotLaterThan(untracked.RequeueAfter).RequeueAfter };
    }

    // Writes at any version: the pod's outcome is stored already, or no Job counts it any more.
    private static PatchObject Untrack(V1Pod pod)
    {
        var patch = new Dictionary<string, object>
        {
            ["metadata"] = new Dictionary<string, object>
            {
                ["uid"] = pod.Metadata.Uid,
                ["$deleteFromPrimitiveList/finalizers"] = new[] { JobMetadataKeys.TrackingFinalizer },
            },
        };
        return new PatchObject(WellKnownResources.Pods, pod.Key, PatchFormat.StrategicMerge, JsonSerializer.SerializeToUtf8Bytes(patch));
    }

    private static LabelSelector SelectorOf(V1Job job) => job.Spec?.Selector is { } selector ? LabelSelector.From(selector) : LabelSelector.Nothing;
}
