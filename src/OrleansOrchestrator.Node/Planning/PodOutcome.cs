using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>Whether a pod has completed, by its containers and its restart policy.</summary>
internal static class PodOutcome
{
    /// <summary>Whether an ended container is restarted.</summary>
    public static bool ShouldRestart(string policy, ContainerInstance ended) => policy switch
    {
        "Never" => false,
        "OnFailure" => ended.ExitCode != 0,
        _ => true,
    };

    /// <summary>Whether all containers have ended for good, or an init container has failed for good.</summary>
    public static bool IsComplete(PodView view) =>
        HasFailedInit(view) || view.Pod.Spec.Containers.All(c => HasEnded(view, c.Name));

    /// <summary>Whether an init container failed and may not be restarted.</summary>
    public static bool HasFailedInit(PodView view) =>
        view.RestartPolicy == "Never" && view.InitContainers.Any(c =>
            c.RestartPolicy != "Always"
            && view.Newest(c.Name) is { Phase: ContainerPhase.Exited, ExitCode: not 0 });

    /// <summary>Whether all init containers have succeeded, so that the app containers may start.</summary>
    public static bool IsInitialized(PodView view) => view.InitContainers.All(c =>
        view.Newest(c.Name) is { } instance
        && (c.RestartPolicy == "Always"
            ? instance.Phase == ContainerPhase.Running && view.HealthOf(instance).IsStarted
            : instance is { Phase: ContainerPhase.Exited, ExitCode: 0 }));

    private static bool HasEnded(PodView view, string name) =>
        view.Newest(name) is { Phase: ContainerPhase.Exited } ended && !ShouldRestart(view.RestartPolicy, ended);
}
