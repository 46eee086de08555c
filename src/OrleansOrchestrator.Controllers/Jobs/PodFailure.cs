using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>What a pod's failure means for its Job under the pod failure policy.</summary>
/// <param name="IsCounted">Whether it counts towards the back-off limits.</param>
/// <param name="FailsIndex">Whether the pod's index fails too.</param>
/// <param name="WhyJobFails">Why the Job fails too; null if it does not.</param>
/// <remarks>See k8s.io/kubernetes/pkg/controller/job/pod_failure_policy.go. The first rule that matches decides.</remarks>
internal readonly record struct PodFailure(bool IsCounted, bool FailsIndex, string? WhyJobFails)
{
    /// <summary>What a failure means if no rule matches.</summary>
    public static readonly PodFailure Plain = new(IsCounted: true, FailsIndex: false, WhyJobFails: null);

    /// <summary>Decides about a pod that has failed or is being deleted.</summary>
    public static PodFailure Of(V1PodFailurePolicy? policy, V1Pod pod)
    {
        for (var i = 0; i < (policy?.Rules?.Count ?? 0); i++)
        {
            var rule = policy!.Rules[i];
            if (Match(rule, pod) is not { } what)
                continue;
            return rule.Action switch
            {
                "Ignore" => Plain with { IsCounted = false },
                "FailIndex" => Plain with { FailsIndex = true },
                "FailJob" => Plain with { WhyJobFails = FormattableString.Invariant($"{what} matching FailJob rule at index {i}") },
                _ => Plain,
            };
        }

        return Plain;
    }

    /// <summary>Why a pod matches a rule, in words; null if it does not.</summary>
    private static string? Match(V1PodFailurePolicyRule rule, V1Pod pod)
    {
        if (rule.OnExitCodes is { } codes)
        {
            return (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []).FirstOrDefault(status => Matches(codes, status)) is { } ended
                ? FormattableString.Invariant($"Container {ended.Name} for pod {pod.Key} failed with exit code {ended.State.Terminated.ExitCode}")
                : null;
        }

        var condition = (pod.Status?.Conditions ?? []).FirstOrDefault(condition =>
            rule.OnPodConditions?.Any(pattern => pattern.Type == condition.Type && pattern.Status == condition.Status) is true);
        return condition is null ? null : $"Pod {pod.Key} has condition {condition.Type}";
    }

    private static bool Matches(V1PodFailurePolicyOnExitCodesRequirement codes, V1ContainerStatus status) =>
        status.State?.Terminated is { ExitCode: not 0 and var code }
        && (codes.ContainerName is null || codes.ContainerName == status.Name)
        && codes.OperatorProperty switch
        {
            "In" => codes.Values?.Contains(code) is true,
            "NotIn" => codes.Values?.Contains(code) is not true,
            _ => false,
        };
}
