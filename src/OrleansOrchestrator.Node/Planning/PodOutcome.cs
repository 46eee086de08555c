using OrleansOrchestrator.Model.Pods;
using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>What the ends of its containers mean for a pod, by its restart policy.</summary>
internal static class PodOutcome
{
    /// <summary>Whether an ended container runs again: by the policy, or because it was ended for that.</summary>
    public static bool ShouldRestart(PodView view, V1Container container, ContainerInstance ended)
    {
        if (view.IsSidecar(container.Name) || IsOwed(view, ended))
            return true;
        if (view.IsInit(container.Name))
            return ended.ExitCode != 0 && view.RestartPolicy != "Never";
        if (view.Pod.Spec.Containers.All(other => other.Name != container.Name))
            return false; // An ephemeral container runs once.
        return view.RestartPolicy switch
        {
            "Never" => false,
            "OnFailure" => ended.ExitCode != 0,
            _ => true,
        };
    }

    /// <summary>Whether the node has ended a container to start it anew, whatever its exit code.</summary>
    public static bool IsOwed(PodView view, ContainerInstance ended) => view.Stopping.TryGetValue(ended.Id, out var stop) && stop.Restarts;

    /// <summary>Whether the containers of the pod end together: all that run now share one grace period.</summary>
    public static bool IsEnding(PodView view) => view.IsDeleted || view.IsTerminal || view.Sandbox is { IsReady: false } || IsComplete(view);

    /// <summary>Whether all containers have ended for good, or an init container has failed for good.</summary>
    public static bool IsComplete(PodView view) =>
        HasFailedInit(view) || view.Pod.Spec.Containers.All(container => HasEnded(view, container));

    /// <summary>Whether an init container failed and may not be restarted.</summary>
    public static bool HasFailedInit(PodView view) =>
        view.RestartPolicy == "Never" && view.InitContainers.Any(c =>
            !c.IsSidecar
            && view.Newest(c.Name) is { Phase: ContainerPhase.Exited, ExitCode: not 0 });

    /// <summary>How many of the init containers have had their turn in this sandbox: all before one that has begun.</summary>
    /// <remarks>A sidecar that is down later holds up nobody, as with the kubelet: the order is that of the first starts.</remarks>
    public static int PassedInits(PodView view)
    {
        var inits = view.InitContainers.ToList();
        return view.Pod.Spec.Containers.Any(container => HasBegun(view, container))
            ? inits.Count
            : Math.Max(0, inits.FindLastIndex(container => HasBegun(view, container)));
    }

    // Containers of an earlier sandbox stay with the pod, and say nothing of this one.
    private static bool HasBegun(PodView view, V1Container container) =>
        view.Sandbox is { } sandbox && sandbox.Newest(container.Name) is { } instance && instance.CreatedAt >= sandbox.CreatedAt;

    private static bool HasEnded(PodView view, V1Container container) =>
        view.Newest(container.Name) is { Phase: ContainerPhase.Exited } ended && !ShouldRestart(view, container, ended);
}
