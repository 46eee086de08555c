using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>How readily the kernel kills a container when memory runs out, by its requests and limits.</summary>
/// <remarks>See "Node out of memory behavior" in the Kubernetes page on node-pressure eviction.</remarks>
internal static class QualityOfService
{
    public static int OomScoreAdjust(V1Pod pod, V1Container container, decimal memoryCapacity)
    {
        switch (QosClass.Of(pod.Spec))
        {
            case QosClass.Guaranteed:
                return -997;
            case QosClass.BestEffort:
                return 1000;
        }

        var request = Amount.Of(container.Resources?.Requests, ResourceNames.Memory) ?? Amount.Of(container.Resources?.Limits, ResourceNames.Memory) ?? 0;
        var adjust = memoryCapacity > 0 ? 1000 - (int)Math.Min(1000 * request / memoryCapacity, 1000) : 999;
        return Math.Clamp(adjust, 3, 999);
    }
}
