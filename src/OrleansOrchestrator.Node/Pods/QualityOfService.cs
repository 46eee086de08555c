using k8s.Models;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>How readily the kernel kills a container when memory runs out, from its requests and limits.</summary>
/// <remarks>See "Node out of memory behavior" in the Kubernetes page on node-pressure eviction.</remarks>
internal static class QualityOfService
{
    public static int OomScoreAdjust(V1Pod pod, V1Container container, decimal memoryCapacity)
    {
        var containers = pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).ToList();
        if (containers.All(IsGuaranteed))
            return -997;
        if (containers.All(c => IsEmpty(c.Resources?.Requests) && IsEmpty(c.Resources?.Limits)))
            return 1000;
        var request = Amount.Of(container.Resources?.Requests, "memory") ?? Amount.Of(container.Resources?.Limits, "memory") ?? 0;
        var adjust = memoryCapacity > 0 ? 1000 - (int)Math.Min(1000 * request / memoryCapacity, 1000) : 999;
        return Math.Clamp(adjust, 3, 999);
    }

    private static bool IsGuaranteed(V1Container container) =>
        IsLimitedTo(container, "cpu") && IsLimitedTo(container, "memory");

    private static bool IsLimitedTo(V1Container container, string resource)
    {
        var limit = Amount.Of(container.Resources?.Limits, resource);
        return limit > 0 && (Amount.Of(container.Resources?.Requests, resource) ?? limit) == limit;
    }

    private static bool IsEmpty(IDictionary<string, ResourceQuantity>? map) =>
        map is null || !map.Any(e => e.Key is "cpu" or "memory" && Amount.Of(e.Value) > 0);
}
