using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>The init containers that run beside the others, as their own restart policy says.</summary>
/// <remarks>See https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.</remarks>
public static class SidecarContainers
{
    extension(V1Container container)
    {
        /// <summary>Whether an init container is a sidecar.</summary>
        public bool IsSidecar => container.RestartPolicy == "Always";
    }

    extension(V1PodSpec spec)
    {
        /// <summary>The sidecars, in the order in which they start.</summary>
        public IEnumerable<V1Container> Sidecars => (spec.InitContainers ?? []).Where(container => container.IsSidecar);
    }
}
