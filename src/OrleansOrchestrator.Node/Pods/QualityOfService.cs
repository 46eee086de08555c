using k8s.Models;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>How readily the kernel kills a container when memory runs out, from its requests and limits.</summary>
/// <remarks>See "Node out of memory behavior" in the Kubernetes page on node-pressure eviction.</remarks>
internal static class QualityOfService
{
    // A thousandth of what a 64-bit number holds.
    private const decimal QuantityMax = 9_000_000_000_000_000m;

    public static int OomScoreAdjust(V1Pod pod, V1Container container, decimal memoryCapacity)
    {
        var containers = pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).ToList();
        if (containers.All(IsGuaranteed))
            return -997;
        if (containers.All(c => IsEmpty(c.Resources?.Requests) && IsEmpty(c.Resources?.Limits)))
            return 1000;
        var request = Quantity(container.Resources?.Requests, "memory") ?? Quantity(container.Resources?.Limits, "memory") ?? 0;
        var adjust = memoryCapacity > 0 ? 1000 - (int)Math.Min(1000, 1000 * request / memoryCapacity) : 999;
        return Math.Clamp(adjust, 3, 999);
    }

    /// <summary>A quantity of the map; one that is beyond what machines have counts as the most that can be computed with.</summary>
    public static decimal? Quantity(IDictionary<string, ResourceQuantity>? map, string name)
    {
        if (map is null || !map.TryGetValue(name, out var quantity))
            return null;
        try
        {
            return Math.Clamp(quantity.ToDecimal(), 0, QuantityMax);
        }
        catch (OverflowException)
        {
            return QuantityMax;
        }
    }

    private static bool IsGuaranteed(V1Container container) =>
        IsLimitedTo(container, "cpu") && IsLimitedTo(container, "memory");

    private static bool IsLimitedTo(V1Container container, string resource)
    {
        var limit = Quantity(container.Resources?.Limits, resource);
        return limit > 0 && (Quantity(container.Resources?.Requests, resource) ?? limit) == limit;
    }

    private static bool IsEmpty(IDictionary<string, ResourceQuantity>? map) =>
        !(Quantity(map, "cpu") > 0 || Quantity(map, "memory") > 0);
}
