using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>The back-off before a Job's next pod. It grows with each failure in a row, and is computed from the existing pods.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/job/backoff_utils.go.</remarks>
internal static class JobBackoff
{
    private static readonly Backoff Delays = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    /// <summary>When a job may create its next pod.</summary>
    /// <param name="pods">Its pods.</param>
    public static DateTimeOffset NextPodAt(IReadOnlyList<JobPod> pods)
    {
        var lastSuccess = pods.Where(pod => pod.HasSucceeded).Select(pod => pod.EndedAt).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        // A pod that is being deleted and is no longer tracked was counted already, or the Job itself ended it.
        var failures = pods.Where(pod => pod.HasFailed && (pod.IsTracked || !pod.IsTerminating)).Select(pod => pod.EndedAt).Where(end => end > lastSuccess).ToList();
        return After(failures.Count, failures.DefaultIfEmpty(DateTimeOffset.MinValue).Max());
    }

    /// <summary>When an index may have its next pod.</summary>
    /// <param name="last">The pod of that index that failed last; null if none has failed.</param>
    public static DateTimeOffset NextPodAt(JobPod? last) =>
        last is null ? DateTimeOffset.MinValue : After((int)Math.Min(last.AllIndexFailures + 1, int.MaxValue), last.EndedAt);

    private static DateTimeOffset After(int failures, DateTimeOffset lastFailure) =>
        failures == 0 ? DateTimeOffset.MinValue : Waits.After(lastFailure, Delays.After(failures));
}
