using k8s.Models;
using OrleansOrchestrator.Kinds.Batch;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>
/// Counts the pods of a job that have ended, each once, whatever is lost between any two writes. Every pod carries a finalizer
/// from its creation on, so that it cannot go before it is counted. Counting takes three steps, each of which rests on what the
/// step before has made durable:
/// <list type="number">
/// <item>The status names the pod among the uncounted ones; or it has the index, if the pod completed one.</item>
/// <item>Such a pod loses its finalizer.</item>
/// <item>An uncounted pod that has no finalizer any more, or is gone, moves from the list to the count in one write.</item>
/// </list>
/// </summary>
/// <remarks>See https://github.com/kubernetes/enhancements/tree/master/keps/sig-apps/2307-job-tracking-without-lingering-pods.</remarks>
internal sealed class JobTally
{
    /// <summary>How many pods a status names at the most; the others have their turn when these are counted.</summary>
    public const int UncountedMax = 500;

    private readonly JobDemand _demand;
    private readonly HashSet<string> _knownSucceeded;
    private readonly HashSet<string> _knownFailed;
    private readonly JobIndexes _knownCompleted;
    private readonly bool _isFailing;

    private JobTally(JobDemand demand, IReadOnlyList<JobPod> pods)
    {
        _demand = demand;
        var status = demand.Job.Status ?? new V1JobStatus();
        _isFailing = JobConditions.Has(status, JobConditions.FailureTarget);
        IReadOnlyList<string> knownSucceeded = [.. status.UncountedTerminatedPods?.Succeeded ?? []];
        IReadOnlyList<string> knownFailed = [.. status.UncountedTerminatedPods?.Failed ?? []];
        _knownSucceeded = [.. knownSucceeded];
        _knownFailed = [.. knownFailed];
        _knownCompleted = demand.IsIndexed ? JobIndexes.Parse(status.CompletedIndexes, demand.Completions!.Value) : JobIndexes.None;

        var tracked = pods.Where(pod => pod.IsTracked).ToList();
        var carriers = tracked.Select(pod => pod.Uid).ToHashSet();
        UncountedSucceeded = [.. knownSucceeded.Where(carriers.Contains)];
        UncountedFailed = [.. knownFailed.Where(carriers.Contains)];
        Succeeded = (status.Succeeded ?? 0) + knownSucceeded.Count - UncountedSucceeded.Count;
        Failed = (status.Failed ?? 0) + knownFailed.Count - UncountedFailed.Count;

        var newlySucceeded = tracked.Where(pod => pod is { HasSucceeded: true, IsOfTheJob: true } && !IsKnown(pod)).ToList();
        var newlyFailed = tracked.Where(pod => IsFailure(pod) && pod is { IsOfTheJob: true, Failure.IsCounted: true } && !IsKnown(pod)).ToList();
        FailedSoFar = Failed + UncountedFailed.Count + newlyFailed.Count;
        if (demand.IsIndexed)
        {
            Completed = _knownCompleted.Union(JobIndexes.Of(newlySucceeded.Select(pod => pod.Index!.Value)));
            SucceededSoFar = Succeeded = Completed.Count;
            newlySucceeded = [];
        }
        else
        {
            SucceededSoFar = Succeeded + UncountedSucceeded.Count + newlySucceeded.Count;
        }

        if (demand.BackoffLimitPerIndex is { } limit)
            FailedIndexes = JobIndexes.Parse(status.FailedIndexes, demand.Completions!.Value).Union(JobIndexes.Of(FailedIndexesOf(tracked, limit)));
        AwaitingReplacement = FailedIndexes is null ? new Dictionary<int, JobPod>() : LastFailures(pods, tracked);

        var room = Math.Max(0, UncountedMax - UncountedSucceeded.Count - UncountedFailed.Count);
        newlyFailed.RemoveAll(IsAwaitingReplacement);
        UncountedSucceeded = [.. UncountedSucceeded, .. newlySucceeded.Take(room).Select(pod => pod.Uid)];
        UncountedFailed = [.. UncountedFailed, .. newlyFailed.Take(Math.Max(0, room - newlySucceeded.Count)).Select(pod => pod.Uid)];
        Released = [.. tracked.Where(IsDone)];
        IsSettled = tracked.Count == 0 && UncountedSucceeded.Count + UncountedFailed.Count == 0;
    }

    /// <summary>How many pods, or indexes, are counted as succeeded.</summary>
    public int Succeeded { get; }

    /// <summary>How many pods are counted as failed.</summary>
    public int Failed { get; }

    /// <summary>The uids of pods that have succeeded and are next to be counted.</summary>
    public IReadOnlyList<string> UncountedSucceeded { get; }

    /// <summary>The uids of pods that have failed and are next to be counted.</summary>
    public IReadOnlyList<string> UncountedFailed { get; }

    /// <summary>The indexes that are complete; none if the job is not indexed.</summary>
    public JobIndexes Completed { get; } = JobIndexes.None;

    /// <summary>The indexes that have failed; null if they do not fail by themselves.</summary>
    public JobIndexes? FailedIndexes { get; }

    /// <summary>How many have succeeded, counted or not.</summary>
    public int SucceededSoFar { get; }

    /// <summary>How many have failed, counted or not.</summary>
    public int FailedSoFar { get; }

    /// <summary>
    /// The last pod that failed of each index that is to be tried again. It stays until its successor is there, who is told by it how
    /// often the index has failed.
    /// </summary>
    public IReadOnlyDictionary<int, JobPod> AwaitingReplacement { get; }

    /// <summary>The pods whose finalizer is no longer needed: what they count for is durable.</summary>
    public IReadOnlyList<JobPod> Released { get; }

    /// <summary>Whether everything is counted.</summary>
    public bool IsSettled { get; }

    /// <summary>Counts.</summary>
    /// <param name="demand">What the job asks for, and its status.</param>
    /// <param name="pods">Its pods, in order.</param>
    public static JobTally Of(JobDemand demand, IReadOnlyList<JobPod> pods) => new(demand, pods);

    /// <summary>Whether the status knows the pod already, in whichever way it counts.</summary>
    private bool IsKnown(JobPod pod) => _knownSucceeded.Contains(pod.Uid) || _knownFailed.Contains(pod.Uid);

    /// <summary>A job that fails takes its pods along: whatever becomes of them, they have not succeeded by then.</summary>
    private bool IsFailure(JobPod pod) => !pod.HasSucceeded && (pod.HasFailed || _isFailing);

    private bool IsAwaitingReplacement(JobPod pod) =>
        pod.Index is { } index && AwaitingReplacement.TryGetValue(index, out var last) && last == pod;

    /// <summary>Whether a pod counts for nothing that is not durable yet.</summary>
    private bool IsDone(JobPod pod)
    {
        if (_knownFailed.Contains(pod.Uid))
            return !pod.IsActive;
        if (pod.HasSucceeded)
            return !pod.IsOfTheJob || (_demand.IsIndexed ? _knownCompleted.Contains(pod.Index!.Value) : _knownSucceeded.Contains(pod.Uid));
        if (IsFailure(pod))
            return !pod.IsActive && !(pod.IsOfTheJob && pod.Failure.IsCounted) && !IsAwaitingReplacement(pod);
        // Nobody counts any more what runs on.
        return _demand.Job.Metadata.DeletionTimestamp is not null;
    }

    private static IEnumerable<int> FailedIndexesOf(IEnumerable<JobPod> tracked, int limit) => tracked
        .Where(pod => pod is { HasFailed: true, Index: not null } && (pod.Failure.FailsIndex || (pod.Failure.IsCounted && pod.IndexFailures >= limit)))
        .Select(pod => pod.Index!.Value);

    private Dictionary<int, JobPod> LastFailures(IReadOnlyList<JobPod> pods, IReadOnlyList<JobPod> tracked)
    {
        var job = _demand.Job;
        if (job.Metadata.DeletionTimestamp is not null || _isFailing || JobConditions.Has(job.Status, JobConditions.SuccessCriteriaMet))
            return [];
        var active = pods.Where(pod => pod is { IsActive: true, Index: not null }).Select(pod => pod.Index!.Value).ToHashSet();
        return tracked
            .Where(pod => pod is { HasFailed: true, Index: { } index } && !Completed.Contains(index) && !FailedIndexes!.Contains(index) && !active.Contains(index))
            .GroupBy(pod => pod.Index!.Value)
            .ToDictionary(group => group.Key, group => group.OrderBy(pod => pod.AllIndexFailures).ThenBy(pod => pod.EndedAt).Last());
    }
}
