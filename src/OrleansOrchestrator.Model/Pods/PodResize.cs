using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>The change of a running pod's resources in place: what it asks for is in its spec, what its node grants in its status.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/</remarks>
public static class PodResize
{
    /// <summary>The subresource by which resources are changed.</summary>
    public const string Subresource = "resize";

    /// <summary>The reason of a resize that the node cannot grant now, and tries again.</summary>
    public const string Deferred = "Deferred";

    /// <summary>The reason of a resize that the node can never grant.</summary>
    public const string Infeasible = "Infeasible";

    /// <summary>The reason of a granted resize that could not be carried out yet.</summary>
    public const string Error = "Error";

    /// <summary>The policy for a resource whose change restarts the container.</summary>
    public const string RestartContainer = "RestartContainer";

    /// <summary>The policy for a resource whose change leaves the container running, which is the default.</summary>
    public const string NotRequired = "NotRequired";

    extension(V1Pod pod)
    {
        /// <summary>Whether the node cannot grant what the spec asks for, so that only what it has granted counts.</summary>
        public bool IsResizeInfeasible => pod.Condition(PodConditionTypes.PodResizePending) is { Status: "True", Reason: Infeasible };

        /// <summary>The status of the container of a name, if it tells what the container has; null otherwise.</summary>
        /// <param name="name">The container.</param>
        /// <param name="isInit">Whether it is an init container.</param>
        public V1ContainerStatus? ResourceStatusOf(string name, bool isInit)
        {
            foreach (var status in (isInit ? pod.Status?.InitContainerStatuses : pod.Status?.ContainerStatuses) ?? [])
            {
                if (status.Name == name)
                    return status.Resources is null ? null : status;
            }

            return null;
        }
    }

    extension(V1Container container)
    {
        /// <summary>Whether a change of the resource restarts the container.</summary>
        public bool RestartsOnResizeOf(string resource) =>
            container.ResizePolicy?.Any(policy => policy.ResourceName == resource && policy.RestartPolicy == RestartContainer) == true;
    }
}
