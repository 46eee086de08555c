using k8s.Models;
using OrleansOrchestrator.Node.Status;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>
/// Where pods of this node come from: who says that they are to run, hears how they do, and learns of their end. A worker knows only this,
/// so that all pods are run in the same way.
/// </summary>
internal interface IPodSource
{
    /// <summary>How long without an acknowledged renewal a pod may run, because it may run elsewhere after that; null for ever.</summary>
    TimeSpan? StopAfter(V1Pod pod);

    /// <summary>Opens the reports about one pod.</summary>
    IPodStatusWriter OpenStatus(string podUid);

    /// <summary>Confirms, after an outage that the pod may not have outlasted, that it is still to run here.</summary>
    /// <exception cref="Api.ApiException">The API does not answer as it should; the worker tries again.</exception>
    Task ConfirmAsync(V1Pod pod, CancellationToken cancellationToken);

    /// <summary>Forgets a pod that was to end, and of which nothing runs any more. Safe to repeat.</summary>
    Task RemoveAsync(V1Pod pod, CancellationToken cancellationToken);

    /// <summary>The worker of a pod has ended, and nothing of the pod is left here.</summary>
    void Ended(string podUid);
}
