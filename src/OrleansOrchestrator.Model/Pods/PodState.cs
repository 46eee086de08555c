using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>The state of a pod from its object, with Kubernetes' meanings.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/v1/pod and k8s.io/component-helpers.</remarks>
public static class PodState
{
    extension(V1Pod pod)
    {
        /// <summary>Whether the pod has ended and will never run again.</summary>
        public bool IsTerminal => PodPhase.IsTerminal(pod.Status?.Phase);

        /// <summary>Whether the pod counts as a replica: it has neither ended nor a deletion timestamp.</summary>
        public bool IsActive => !pod.IsTerminal && pod.Metadata.DeletionTimestamp is null;

        /// <summary>Whether the pod is ready.</summary>
        public bool IsReady => pod.HasCondition(PodConditionTypes.Ready);

        /// <summary>Whether scheduling gates hold the pod back.</summary>
        public bool IsGated => pod.Spec?.SchedulingGates is { Count: > 0 };

        /// <summary>The pod's priority, which admission sets from its priority class; 0 if there is none.</summary>
        public int Priority => pod.Spec?.Priority ?? 0;

        /// <summary>Whether the pod may preempt pods of lower priority.</summary>
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

        /// <summary>Whether a condition is True.</summary>
        public bool HasCondition(string type) => pod.Condition(type)?.Status == "True";
    }
}

/// <summary>The types of pod conditions.</summary>
public static class PodConditionTypes
{
    /// <summary>It has a node.</summary>
    public const string PodScheduled = "PodScheduled";

    /// <summary>Its sandbox and network are ready.</summary>
    public const string PodReadyToStartContainers = "PodReadyToStartContainers";

    /// <summary>Its init containers have succeeded.</summary>
    public const string Initialized = "Initialized";

    /// <summary>All of its containers are ready.</summary>
    public const string ContainersReady = "ContainersReady";

    /// <summary>It can serve requests.</summary>
    public const string Ready = "Ready";

    /// <summary>It is about to end for an external reason.</summary>
    public const string DisruptionTarget = "DisruptionTarget";

    /// <summary>Its node has not granted the resources that it asks for now.</summary>
    public const string PodResizePending = "PodResizePending";

    /// <summary>Its node has granted other resources, and is about to give them to the containers.</summary>
    public const string PodResizeInProgress = "PodResizeInProgress";
}
