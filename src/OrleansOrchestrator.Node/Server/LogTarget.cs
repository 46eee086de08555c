using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Finds the container instance of a log request. Pure.</summary>
internal static class LogTarget
{
    /// <returns>The instance, or why there is no log.</returns>
    public static (ContainerInstance? Instance, string? Fault) Find(
        V1Pod pod, V1PodStatus? status, PodSandbox? sandbox, string container, bool previous)
    {
        var name = pod.Metadata.Name;
        if (!pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).Concat(pod.Spec.EphemeralContainersAsOthers()).Any(c => c.Name == container))
            return (null, $"container {container} is not valid for pod {name}");

        var instances = sandbox?.Containers
            .Where(c => c.Name == container && c.Phase != ContainerPhase.Created)
            .OrderByDescending(c => c.Attempt)
            .ToList() ?? [];
        if (previous)
        {
            return instances.Count > 1
                ? (instances[1], null)
                : instances is [{ Phase: ContainerPhase.Exited } only] && IsWaiting(status, container) is not null
                    ? (only, null)
                    : (null, $"previous terminated container \"{container}\" in pod \"{name}\" not found");
        }

        if (instances.Count > 0)
            return (instances[0], null);
        var waiting = IsWaiting(status, container)?.Reason ?? "ContainerCreating";
        return waiting is "ErrImagePull" or "ImagePullBackOff"
            ? (null, $"container \"{container}\" in pod \"{name}\" is waiting to start: {(waiting == "ErrImagePull" ? "image can't be pulled" : "trying and failing to pull image")}")
            : (null, $"container \"{container}\" in pod \"{name}\" is waiting to start: {waiting}");
    }

    private static V1ContainerStateWaiting? IsWaiting(V1PodStatus? status, string container) =>
        (status?.ContainerStatuses ?? []).Concat(status?.InitContainerStatuses ?? []).Concat(status?.EphemeralContainerStatuses ?? [])
        .FirstOrDefault(s => s.Name == container)?.State?.Waiting;
}
