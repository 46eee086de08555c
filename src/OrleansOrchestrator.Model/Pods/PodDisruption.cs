using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>Why a pod ends for an external reason. Its condition DisruptionTarget says so.</summary>
/// <remarks>See https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions.</remarks>
/// <param name="Reason">The condition's reason.</param>
/// <param name="Message">The condition's message.</param>
public sealed record PodDisruption(string Reason, string Message)
{
    /// <summary>The reason of <see cref="PreemptionBy"/>.</summary>
    public const string PreemptionByScheduler = "PreemptionByScheduler";

    /// <summary>The reason for which a node itself ends a pod, which may take any time.</summary>
    public const string TerminationByKubelet = "TerminationByKubelet";

    /// <summary>Somebody asked through the API that the pod goes.</summary>
    public static readonly PodDisruption EvictionApi = new("EvictionByEvictionAPI", "Eviction API: evicting");

    /// <summary>The pod does not tolerate a taint of its node.</summary>
    public static readonly PodDisruption Taint = new("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");

    /// <summary>The Node of the pod was deleted.</summary>
    public static readonly PodDisruption NodeGone = new("DeletionByPodGC", "PodGC: node no longer exists");

    /// <summary>The scheduler makes room for a pod of higher priority.</summary>
    /// <param name="scheduler">The scheduler's name.</param>
    public static PodDisruption PreemptionBy(string scheduler) =>
        new(PreemptionByScheduler, $"{scheduler}: preempting to accommodate a higher priority pod");

    /// <summary>Whether a pod is being evicted because the scheduler makes room for another.</summary>
    public static bool IsBeingPreempted(V1Pod pod) =>
        pod.Metadata.DeletionTimestamp is not null
        && pod.Condition(PodConditionTypes.DisruptionTarget) is { Status: "True", Reason: PreemptionByScheduler };

    /// <summary>The condition.</summary>
    /// <param name="since">The transition time in whole seconds.</param>
    public V1PodCondition Since(DateTime since) => new()
    {
        Type = PodConditionTypes.DisruptionTarget,
        Status = "True",
        Reason = Reason,
        Message = Message,
        LastTransitionTime = since,
    };

    /// <summary>Sets the condition of a pod, unless the pod has ended already.</summary>
    /// <param name="pod">The pod; changed in place.</param>
    /// <param name="now">The time in whole seconds.</param>
    public void AnnounceOn(V1Pod pod, DateTime now)
    {
        if (pod.IsTerminal)
            return;
        var since = pod.Condition(PodConditionTypes.DisruptionTarget) is { Status: "True" } present ? present.LastTransitionTime ?? now : now;
        pod.Status ??= new V1PodStatus();
        var others = (pod.Status.Conditions ?? []).Where(condition => condition.Type != PodConditionTypes.DisruptionTarget);
        pod.Status.Conditions = [.. others, Since(since)];
    }
}
