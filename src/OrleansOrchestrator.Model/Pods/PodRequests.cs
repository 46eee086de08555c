using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>
/// A pod's resource requests as Kubernetes computes them: the sum over containers and sidecars, or the highest step of the init
/// sequence if that is more, plus the overhead of its runtime class. A sidecar is an init container with restartPolicy Always: it runs
/// on while later init containers run (KEP-753).
/// </summary>
/// <remarks>
/// While a pod is resized, the higher one of what it asks for and what it has counts, so that nobody takes the difference in between; of a
/// resize that the node cannot grant, only what it has (KEP-1287).
/// </remarks>
public static class PodRequests
{
    // Scores count these amounts for a container without a request, so that such pods spread too (kube-scheduler's defaults).
    private const long UnrequestedCpuMilli = 100;
    private const long UnrequestedMemoryBytes = 200L << 20;

    /// <summary>The requests for filters.</summary>
    public static ResourceAmounts Compute(V1Pod pod) => Compute(pod, default);

    /// <summary>The requests for scores: containers without a CPU or memory request count with a default.</summary>
    public static ResourceAmounts ComputeForScoring(V1Pod pod) =>
        Compute(pod, new ResourceAmounts { CpuMilli = UnrequestedCpuMilli, MemoryBytes = UnrequestedMemoryBytes });

    /// <summary>What a spec alone asks for, whatever the pod has.</summary>
    public static ResourceAmounts Compute(V1PodSpec spec) => Compute(new V1Pod { Spec = spec }, default);

    private static ResourceAmounts Compute(V1Pod pod, in ResourceAmounts unrequested)
    {
        var spec = pod.Spec;
        var running = default(ResourceAmounts);
        foreach (var container in spec.Containers ?? [])
            running.Add(Granted(pod, container, isInit: false, Of(container, unrequested)));

        var sidecars = default(ResourceAmounts);
        var initializing = default(ResourceAmounts);
        foreach (var container in spec.InitContainers ?? [])
        {
            var own = Of(container, unrequested);
            if (container.IsSidecar)
            {
                sidecars.Add(Granted(pod, container, isInit: true, own));
                initializing.RaiseTo(sidecars);
            }
            else
            {
                own.Add(sidecars);
                initializing.RaiseTo(own);
            }
        }

        running.Add(sidecars);
        running.RaiseTo(initializing);
        running.Add(ResourceAmounts.From(spec.Overhead));
        return running;
    }

    /// <summary>What a container takes, which may be resized: what it asks for, raised to what it has.</summary>
    private static ResourceAmounts Granted(V1Pod pod, V1Container container, bool isInit, in ResourceAmounts asked)
    {
        if (pod.ResourceStatusOf(container.Name, isInit) is not { } status)
            return asked;
        var amounts = ResourceAmounts.From(status.Resources.Requests);
        amounts.RaiseTo(ResourceAmounts.From(status.AllocatedResources));
        if (!pod.IsResizeInfeasible)
            amounts.RaiseTo(asked);
        return amounts;
    }

    private static ResourceAmounts Of(V1Container container, in ResourceAmounts unrequested)
    {
        var requests = container.Resources?.Requests;
        var limits = container.Resources?.Limits;
        var amounts = ResourceAmounts.From(requests);
        if (limits is { Count: > 0 })
        {
            // The API fills a missing request from its limit; a pod that bypassed the API is read in the same way.
            var fallback = default(Dictionary<string, ResourceQuantity>);
            foreach (var (name, quantity) in limits)
            {
                if (requests?.ContainsKey(name) != true)
                    (fallback ??= new(StringComparer.Ordinal))[name] = quantity;
            }

            if (fallback is not null)
                amounts.Add(ResourceAmounts.From(fallback));
        }

        if (unrequested.CpuMilli > 0 && !Names(ResourceNames.Cpu))
            amounts.CpuMilli = unrequested.CpuMilli;
        if (unrequested.MemoryBytes > 0 && !Names(ResourceNames.Memory))
            amounts.MemoryBytes = unrequested.MemoryBytes;
        return amounts;

        bool Names(string name) => requests?.ContainsKey(name) == true || limits?.ContainsKey(name) == true;
    }
}
