using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>Compares what running containers have with what the node has granted to them. Pure.</summary>
internal static class ContainerResize
{
    /// <summary>The key of the back-off of a container's resize; no container can have this name.</summary>
    public static string KeyOf(string container) => $"resize:{container}";

    /// <summary>The change that a running container needs; null if it has what was granted.</summary>
    /// <remarks>
    /// An engine may leave out what its kernel does not know, so that a container never has what was asked for. What the engine has accepted
    /// once is not asked for again.
    /// </remarks>
    public static ContainerUpdate? UpdateOf(PodView view, V1Container container, ContainerInstance running)
    {
        var granted = CgroupResources.Of(ContainerAmounts.Of(container));
        return running.Resources is null || running.Resources == granted || view.Updated.GetValueOrDefault(running.Id) == granted
            ? null
            : new ContainerUpdate(running, granted);
    }

    /// <summary>Whether a running container must be started anew to get what was granted, by its policies.</summary>
    public static bool NeedsRestart(PodView view, V1Container container, ContainerInstance running)
    {
        if (container.ResizePolicy is not { Count: > 0 })
            return false;
        var update = UpdateOf(view, container, running);
        return (container.RestartsOnResizeOf(ResourceNames.Cpu) && update is not null
                && (running.Resources!.CpuShares, running.Resources.CpuQuotaMicroseconds) != (update.Resources.CpuShares, update.Resources.CpuQuotaMicroseconds))
            || (container.RestartsOnResizeOf(ResourceNames.Memory) && ChangesMemory(container, running, update));
    }

    /// <summary>Whether a running container does not have yet what was granted.</summary>
    public static bool IsInProgress(PodView view) => view.Pod.Spec.Containers.Concat(view.Sidecars).Any(container =>
        view.Newest(container.Name) is { Phase: ContainerPhase.Running } running
        && (UpdateOf(view, container, running) is not null || NeedsRestart(view, container, running)));

    private static bool ChangesMemory(V1Container container, ContainerInstance running, ContainerUpdate? update) =>
        (update is not null && update.Resources.MemoryLimitBytes != running.Resources!.MemoryLimitBytes)
        || (running is { Resources: not null, MemoryRequestBytes: { } requested } && requested != ContainerAmounts.Of(container).MemoryRequestBytes);
}
