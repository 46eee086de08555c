using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>The condition that announces the end of a pod for an external reason.</summary>
/// <remarks>See https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions.</remarks>
public static class PodDisruption
{
    /// <summary>The scheduler makes room for a pod of higher priority.</summary>
    public const string PreemptionByScheduler = "PreemptionByScheduler";

    /// <summary>Somebody asked through the API that the pod goes.</summary>
    public const string EvictionByEvictionApi = "EvictionByEvictionAPI";

    /// <summary>The node itself ends the pod, which may take any time.</summary>
    public const string TerminationByKubelet = "TerminationByKubelet";

    /// <summary>Makes the condition.</summary>
    /// <param name="reason">The reason, one CamelCase word.</param>
    /// <param name="message">A sentence.</param>
    /// <param name="since">The transition time in whole seconds.</param>
    public static V1PodCondition Target(string reason, string message, DateTime since) => new()
    {
        Type = PodConditionTypes.DisruptionTarget,
        Status = "True",
        Reason = reason,
        Message = message,
        LastTransitionTime = since,
    };

    /// <summary>Whether a pod is being evicted because the scheduler makes room for another.</summary>
    public static bool IsBeingPreempted(V1Pod pod) =>
        pod.Metadata.DeletionTimestamp is not null
        && pod.Condition(PodConditionTypes.DisruptionTarget) is { Status: "True", Reason: PreemptionByScheduler };
}
