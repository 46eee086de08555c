using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>Decides which pods of a Job to create and which to delete.</summary>
/// <remarks>
/// See manageJob in k8s.io/kubernetes/pkg/controller/job/job_controller.go. A pod is ended in one of two ways. If the Job fails,
/// the pod is deleted and counts as failed. If the Job only no longer needs the pod, it must not count: its finalizer is removed
/// first, at the observed version, and the next plan deletes it.
/// </remarks>
internal static class JobPodPlanner
{
    /// <summary>Plans for a Job that is neither finished nor about to finish.</summary>
    /// <param name="demand">What it asks for.</param>
    /// <param name="pods">Its pods, in order.</param>
    /// <param name="tally">The counts of pods that have ended.</param>
    /// <param name="now">The current time.</param>
    public static JobPodPlan Plan(JobDemand demand, IReadOnlyList<JobPod> pods, JobTally tally, DateTimeOffset now)
    {
        var active = pods.Where(pod => pod.IsActive).ToList();
        if (demand.IsSuspended)
            return DoWithout(active);
        var wanted = WantedOf(demand, active.Count, tally.SucceededSoFar);
        var surplus = SurplusOf(demand, active, Math.Max(0, active.Count - wanted));
        // Creations wait until the surplus is gone, because they are decided on the pods that are left.
        if (surplus.Count > 0)
            return DoWithout(surplus);
        // A pod that lost its finalizer and is active gets it back, so that it is counted.
        var untracked = active.Where(pod => !pod.IsTracked).Select(Track).ToList();
        var leaving = demand.ReplacesOnlyEnded ? pods.Count(pod => pod.IsTerminating) : 0;
        var creations = Create(demand, pods, tally, wanted - active.Count - leaving, now);
        return creations with { Actions = [.. untracked, .. creations.Actions] };
    }

    /// <summary>Ends pods that the Job no longer needs. They do not count as failed.</summary>
    public static JobPodPlan DoWithout(IEnumerable<JobPod> pods) =>
        JobPodPlan.Bounded([.. pods.Select(pod => pod.IsTracked ? Untrack(pod) : (ObjectAction)Delete(pod))]);

    /// <summary>Ends the pods of a Job that fails. They count as failed.</summary>
    public static JobPodPlan TakeAlong(IEnumerable<JobPod> pods) => JobPodPlan.Bounded([.. pods.Select(Delete)]);

    private static int WantedOf(JobDemand demand, int active, int succeeded)
    {
        // After the first success the active pods run to their end, and no others are created.
        if (demand.Completions is not { } completions)
            return succeeded > 0 ? active : demand.Parallelism;
        return Math.Clamp(completions - succeeded, 0, demand.Parallelism);
    }

    /// <summary>
    /// The surplus pods: first those without a valid index and those that share an index with another pod, then as many as exceed
    /// the wanted number.
    /// </summary>
    private static List<JobPod> SurplusOf(JobDemand demand, IReadOnlyList<JobPod> active, int tooMany)
    {
        var surplus = new List<JobPod>();
        var left = active;
        if (demand.IsIndexed)
        {
            surplus.AddRange(active.Where(pod => pod.Index is null));
            surplus.AddRange(active.Where(pod => pod.Index is not null).GroupBy(pod => pod.Index).Where(group => group.Count() > 1).SelectMany(group => Ranked(group).SkipLast(1)));
            left = [.. active.Except(surplus)];
        }

        if (tooMany > surplus.Count)
            surplus.AddRange(Ranked(left).Take(tooMany - surplus.Count));
        return surplus;
    }

    // Pods without the finalizer come first: an earlier plan has chosen them already.
    private static IEnumerable<JobPod> Ranked(IEnumerable<JobPod> pods)
    {
        var byPod = pods.ToDictionary(pod => pod.Pod);
        return DeletionRanking.Rank(byPod.Keys, byPod.Keys).Select(pod => byPod[pod]).OrderBy(pod => pod.IsTracked);
    }

    private static JobPodPlan Create(JobDemand demand, IReadOnlyList<JobPod> pods, JobTally tally, int missing, DateTimeOffset now)
    {
        if (missing <= 0)
            return JobPodPlan.Nothing;
        if (demand.BackoffLimitPerIndex is null && JobBackoff.NextPodAt(pods) is var next && next > now)
            return new JobPodPlan([], next - now);

        var template = new JobPodTemplate(demand);
        var count = Math.Min(Math.Min(missing, ReplicaPlanner.BurstMax), Math.Max(1, PodFromTemplate.BurstBytesMax / template.Bytes));
        if (!demand.IsIndexed)
            return new JobPodPlan([.. Enumerable.Range(0, count).Select(_ => Creation(template.Create()))], count < missing ? TimeSpan.Zero : null);

        var (indexes, soonest) = IndexesToCreate(demand, pods, tally, count, missing, now);
        return new JobPodPlan(
            [.. indexes.Select(index => Creation(template.Create(index, tally.AwaitingReplacement.GetValueOrDefault(index))))],
            indexes.Count == count && count < missing ? TimeSpan.Zero : soonest - now);
    }

    /// <summary>The first indexes that need a pod and have none, and when the next index in back-off may get its pod.</summary>
    private static (List<int> Indexes, DateTimeOffset? Soonest) IndexesToCreate(
        JobDemand demand, IReadOnlyList<JobPod> pods, JobTally tally, int count, int missing, DateTimeOffset now)
    {
        var busy = pods.Where(pod => pod.Index is not null && (pod.IsActive || (demand.ReplacesOnlyEnded && pod.IsTerminating))).Select(pod => pod.Index!.Value);
        var taken = tally.Completed.Union(tally.FailedIndexes ?? JobIndexes.None).Union(JobIndexes.Of(busy));
        var indexes = new List<int>();
        DateTimeOffset? soonest = null;
        foreach (var index in taken.Missing(demand.Completions!.Value).Take(missing))
        {
            var at = JobBackoff.NextPodAt(tally.AwaitingReplacement.GetValueOrDefault(index));
            if (at > now)
                soonest = soonest < at ? soonest : at;
            else if (indexes.Count < count)
                indexes.Add(index);
        }

        return (indexes, soonest);
    }

    private static CreateObject Creation(KubeObject pod) => new(WellKnownResources.Pods, pod)
    {
        EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulCreate", $"Created pod: {name}"),
        EventOnFailure = static error => new PlannedEvent("Warning", "FailedCreate", $"Error creating: {error}"),
    };

    private static DeleteObject Delete(JobPod pod) => new(WellKnownResources.Pods, pod.Pod.Key, pod.Uid)
    {
        EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulDelete", $"Deleted pod: {name}"),
        EventOnFailure = static error => new PlannedEvent("Warning", "FailedDelete", $"Error deleting: {error}"),
    };

    private static UpdateObject Track(JobPod pod)
    {
        var tracked = ObjectCodec.Clone(pod.Pod);
        tracked.Metadata.Finalizers = [.. tracked.Metadata.Finalizers ?? [], JobMetadataKeys.TrackingFinalizer];
        return new UpdateObject(WellKnownResources.Pods, tracked);
    }

    // Writes at the observed version, so that a pod that has ended in the meantime keeps its finalizer and is counted.
    private static UpdateObject Untrack(JobPod pod)
    {
        var untracked = ObjectCodec.Clone(pod.Pod);
        untracked.Metadata.Finalizers = [.. untracked.Metadata.Finalizers.Where(finalizer => finalizer != JobMetadataKeys.TrackingFinalizer)];
        return new UpdateObject(WellKnownResources.Pods, untracked);
    }
}
