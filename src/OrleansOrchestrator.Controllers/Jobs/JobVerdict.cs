using k8s.Models;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>The decision that a Job is to end, as failed or as complete.</summary>
/// <param name="Condition">The condition before its pods have ended: <c>FailureTarget</c> or <c>SuccessCriteriaMet</c>.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Message">The message for users.</param>
internal sealed record JobVerdict(string Condition, string Reason, string Message)
{
    /// <summary>The condition after its pods have ended: <c>Failed</c> or <c>Complete</c>.</summary>
    public string FinalCondition => IsFailure ? JobConditions.Failed : JobConditions.Complete;

    /// <summary>Whether the job has failed.</summary>
    public bool IsFailure => Condition == JobConditions.FailureTarget;

    /// <summary>The verdict that a Job's status records; null if there is none yet.</summary>
    public static JobVerdict? Recorded(V1JobStatus? status) => Recorded(status, JobConditions.SuccessCriteriaMet) ?? Recorded(status, JobConditions.FailureTarget);

    /// <summary>Decides about a Job without a verdict.</summary>
    /// <param name="demand">The Job's spec.</param>
    /// <param name="pods">Its pods, in order.</param>
    /// <param name="tally">The counts of pods that have ended.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The verdict; null if the Job goes on.</returns>
    public static JobVerdict? Of(JobDemand demand, IReadOnlyList<JobPod> pods, JobTally tally, DateTimeOffset now) =>
        FailureOf(demand, pods, tally, now) ?? SuccessOf(demand, pods, tally);

    private static JobVerdict? Recorded(V1JobStatus? status, string condition) =>
        JobConditions.Find(status, condition) is { Status: "True" } recorded ? new JobVerdict(condition, recorded.Reason, recorded.Message) : null;

    private static JobVerdict? FailureOf(JobDemand demand, IReadOnlyList<JobPod> pods, JobTally tally, DateTimeOffset now)
    {
        if (pods.FirstOrDefault(pod => pod is { HasFailed: true, Failure.WhyJobFails: not null }) is { } fatal)
            return Failure("PodFailurePolicy", fatal.Failure.WhyJobFails!);
        if (tally.FailedSoFar > demand.BackoffLimit || RestartsReach(demand, pods))
            return Failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        if (demand.DeadlineAt(now) <= now)
            return Failure("DeadlineExceeded", "Job was active longer than specified deadline");
        if (tally.FailedIndexes is not { Count: > 0 } failed)
            return null;
        if (failed.Count > demand.Job.Spec.MaxFailedIndexes)
            return Failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
        return failed.Union(tally.Completed).Count >= demand.Completions ? Failure("FailedIndexes", "Job has failed indexes") : null;
    }

    private static JobVerdict? SuccessOf(JobDemand demand, IReadOnlyList<JobPod> pods, JobTally tally)
    {
        if (demand.IsIndexed && SuccessPolicy.FirstRuleMet(demand.Job.Spec.SuccessPolicy, tally.Completed, demand.Completions!.Value) is { } rule)
            return Success("SuccessPolicy", FormattableString.Invariant($"Matched rules at index {rule}"));
        // Without a number of completions, the first success ends the Job once its active pods have ended.
        var isEnough = demand.Completions is { } completions ? tally.SucceededSoFar >= completions : tally.SucceededSoFar > 0;
        return isEnough && !pods.Any(pod => pod.IsActive) ? Success("CompletionsReached", "Reached expected number of succeeded pods") : null;
    }

    /// <summary>Whether the containers of pods with restart policy OnFailure have restarted as often as the back-off limit allows.</summary>
    private static bool RestartsReach(JobDemand demand, IReadOnlyList<JobPod> pods)
    {
        if (demand.Job.Spec.Template.Spec.RestartPolicy != "OnFailure")
            return false;
        var restarts = pods
            .Where(pod => pod.Pod.Status?.Phase is PodPhase.Running or PodPhase.Pending)
            .SelectMany(pod => (pod.Pod.Status.InitContainerStatuses ?? []).Concat(pod.Pod.Status.ContainerStatuses ?? []))
            .Sum(container => (long)container.RestartCount);
        return restarts >= Math.Max(1, demand.BackoffLimit);
    }

    private static JobVerdict Failure(string reason, string message) => new(JobConditions.FailureTarget, reason, message);

    private static JobVerdict Success(string reason, string message) => new(JobConditions.SuccessCriteriaMet, reason, message);
}
