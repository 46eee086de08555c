using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>What a pod's object says about the pod, in the meanings of Kubernetes.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/v1/pod and k8s.io/component-helpers.</remarks>
public static class PodState
{
    extension(V1Pod pod)
    {
        /// <summary>Whether the pod has ended and will never run again.</summary>
        public bool IsTerminal => PodPhase.IsTerminal(pod.Status?.Phase);

        /// <summary>Whether the pod counts as a replica: it neither ended nor is being deleted.</summary>
        public bool IsActive => !pod.IsTerminal && pod.Metadata.DeletionTimestamp is null;

        /// <summary>Whether the pod says that it can serve.</summary>
        public bool IsReady => pod.HasCondition(PodConditionTypes.Ready);

        /// <summary>Whether scheduling gates hold the pod back.</summary>
        public bool IsGated => pod.Spec?.SchedulingGates is { Count: > 0 };

        /// <summary>The pod's priority, which admission takes from its priority class; 0 where nothing is said.</summary>
        public int Priority => pod.Spec?.Priority ?? 0;

        /// <summary>Whether the pod may push out pods of lower priority.</summary>
        public bool MayPreempt => pod.Spec?.PreemptionPolicy != "Never";

        /// <summary>The condition of a type; null if the pod has none.</summary>
        public V1PodCondition? Condition(string type)
        {
            foreach (var condition in pod.Status?.Conditions ?? [])
            {
                if (condition.Type == type)
                    return condition;
            }

            return null;
        }

        /// <summary>Whether a condition holds.</summary>
        public bool HasCondition(string type) => pod.Condition(type)?.Status == "True";
    }
}

/// <summary>The types of pod conditions that Kubernetes knows.</summary>
public static class PodConditionTypes
{
    /// <summary>It has a node.</summary>
    public const string PodScheduled = "PodScheduled";

    /// <summary>Its sandbox and network are there.</summary>
    public const string PodReadyToStartContainers = "PodReadyToStartContainers";

    /// <summary>Its init containers have ended well.</summary>
    public const string Initialized = "Initialized";

    /// <summary>All of its containers are ready.</summary>
    public const string ContainersReady = "ContainersReady";

    /// <summary>It can serve.</summary>
    public const string Ready = "Ready";

    /// <summary>It is about to end for a reason outside of it.</summary>
    public const string DisruptionTarget = "DisruptionTarget";
}
