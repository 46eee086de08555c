using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Planning;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>How readily the kernel kills a container when memory runs out, by its requests and limits.</summary>
/// <remarks>See "Node out of memory behavior" in the Kubernetes page on node-pressure eviction.</remarks>
internal static class QualityOfService
{
    // As the kubelet: what the node needs goes last, right before the sandboxes.
    private const int Protected = -997;

    public static int OomScoreAdjust(V1Pod pod, V1Container container, decimal memoryCapacity)
    {
        if (CriticalPods.IsCritical(pod) && pod.Spec.PriorityClassName == "system-node-critical")
            return Protected;
        switch (QosClass.Of(pod.Spec))
        {
            case QosClass.Guaranteed:
                return Protected;
            case QosClass.BestEffort:
                return 1000;
        }

        // A sidecar does not go before the containers that it serves.
        var own = ByRequest(container, memoryCapacity);
        return IsSidecar(pod, container) ? pod.Spec.Containers.Select(one => ByRequest(one, memoryCapacity)).Append(own).Min() : own;
    }

    private static int ByRequest(V1Container container, decimal memoryCapacity)
    {
        var request = Amount.Of(container.Resources?.Requests, ResourceNames.Memory) ?? Amount.Of(container.Resources?.Limits, ResourceNames.Memory) ?? 0;
        var adjust = memoryCapacity > 0 ? 1000 - (int)Math.Min(1000 * request / memoryCapacity, 1000) : 999;
        return Math.Clamp(adjust, 3, 999);
    }

    private static bool IsSidecar(V1Pod pod, V1Container container) => pod.Spec.Sidecars.Any(one => one.Name == container.Name);
}
