using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>
/// How long to wait after failures until the next pod: longer with each in a row. It is read off the pods that are there, so that
/// nothing has to be remembered.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/job/backoff_utils.go.</remarks>
internal static class JobBackoff
{
    private static readonly Backoff Delays = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    /// <summary>When a job may create its next pod.</summary>
    /// <param name="pods">Its pods.</param>
    public static DateTimeOffset NextPodAt(IReadOnlyList<JobPod> pods)
    {
        var lastSuccess = pods.Where(pod => pod.HasSucceeded).Select(pod => pod.EndedAt).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        // What is on its way out and is not tracked any more was counted, or was ended by the job itself.
        var failures = pods.Where(pod => pod.HasFailed && (pod.IsTracked || !pod.IsTerminating)).Select(pod => pod.EndedAt).Where(end => end > lastSuccess).ToList();
        return After(failures.Count, failures.DefaultIfEmpty(DateTimeOffset.MinValue).Max());
    }

    /// <summary>When an index may have its next pod.</summary>
    /// <param name="last">The pod of that index that failed last; null if none has.</param>
    public static DateTimeOffset NextPodAt(JobPod? last) =>
        last is null ? DateTimeOffset.MinValue : After((int)Math.Min(last.AllIndexFailures + 1, int.MaxValue), last.EndedAt);

    private static DateTimeOffset After(int failures, DateTimeOffset lastFailure) =>
        failures == 0 ? DateTimeOffset.MinValue : Waits.After(lastFailure, Delays.After(failures));
}
