using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>Reads a container's last termination from the pod's status.</summary>
/// <remarks>
/// Containers can vanish from a runtime, for example if they are pruned by hand. The reported status still counts: a container that
/// must run only once is not run again, and restart counts continue.
/// </remarks>
internal static class ReportedInstance
{
    public static ContainerInstance? Find(V1Pod pod, string name)
    {
        var status = (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.EphemeralContainerStatuses ?? [])
            .FirstOrDefault(s => s.Name == name);
        if (status is null)
            return null;

        var terminated = status.State?.Terminated ?? status.LastState?.Terminated;
        if (terminated is not null)
            return Ended(status, terminated);

        // It was running at the last status, and its end was not seen.
        return status.State?.Running is { } running
            ? Ended(status, new V1ContainerStateTerminated
            {
                ContainerID = status.ContainerID,
                ExitCode = 137,
                Reason = "ContainerStatusUnknown",
                Message = "The container could not be located when the pod was terminated",
                StartedAt = running.StartedAt,
                FinishedAt = running.StartedAt,
            })
            : null;
    }

    private static ContainerInstance Ended(V1ContainerStatus status, V1ContainerStateTerminated terminated) => new()
    {
        Id = BareId(terminated.ContainerID ?? status.ContainerID ?? ""),
        Name = status.Name,
        Attempt = status.RestartCount,
        Phase = ContainerPhase.Exited,
        Image = status.Image ?? "",
        ImageId = status.ImageID ?? "",
        StartedAt = terminated.StartedAt,
        FinishedAt = terminated.FinishedAt,
        ExitCode = terminated.ExitCode,
        Reason = terminated.Reason ?? "",
        Message = terminated.Message ?? "",
    };

    private static string BareId(string id) => id[(id.IndexOf("://", StringComparison.Ordinal) is >= 0 and var i ? i + 3 : 0)..];
}
