using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>A running container whose probes begin.</summary>
/// <param name="Container">Its spec.</param>
/// <param name="Id">Its id in the runtime.</param>
/// <param name="Address">The pod's address.</param>
/// <param name="Age">How long it has run.</param>
/// <param name="Reported">What an earlier daemon has said of it; null if it is new.</param>
internal sealed record ProbeTarget(V1Container Container, string Id, string Address, TimeSpan Age, V1ContainerStatus? Reported)
{
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container's spec.</param>
    /// <param name="running">The container.</param>
    /// <param name="address">The pod's address.</param>
    /// <param name="now">The time of day.</param>
    public static ProbeTarget Of(V1Pod pod, V1Container container, ContainerInstance running, string address, DateTimeOffset now)
    {
        var statuses = (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []);
        return new(
            container, running.Id, address, now - (running.StartedAt ?? now),
            statuses.FirstOrDefault(status => status.State?.Running is not null && status.ContainerID?.EndsWith($"://{running.Id}", StringComparison.Ordinal) == true));
    }
}
