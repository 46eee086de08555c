using k8s.Models;

namespace OrleansOrchestrator.Node.Status;

/// <summary>Reports the status of one pod to where the pod comes from.</summary>
internal interface IPodStatusWriter
{
    /// <summary>The status that was last acknowledged; null if there is none.</summary>
    V1PodStatus? Reported { get; }

    /// <summary>The status that was kept for later; null once it or a newer one is acknowledged.</summary>
    V1PodStatus? Kept { get; }

    /// <summary>Keeps what can be told only once, because what it tells of goes. Every later status is built on it.</summary>
    void Keep(V1PodStatus status);

    /// <summary>Reports the status if it differs from the last acknowledged one.</summary>
    /// <returns>False if the pod is gone.</returns>
    Task<bool> WriteAsync(V1Pod pod, V1PodStatus status, CancellationToken cancellationToken);
}
