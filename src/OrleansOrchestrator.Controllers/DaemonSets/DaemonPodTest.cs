using k8s.Models;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>Tells whether the pods of a DaemonSet are up to date and available.</summary>
/// <param name="Hash">The hash of the revision that is wanted now.</param>
/// <param name="MinReadySeconds">How long a pod must be ready to be available, in seconds.</param>
/// <param name="Now">The current time.</param>
internal sealed record DaemonPodTest(string Hash, int MinReadySeconds, DateTimeOffset Now)
{
    /// <summary>Whether a pod is of the wanted revision.</summary>
    public bool IsUpdated(V1Pod pod) => RevisionHistory.RevisionOf(pod) == Hash;

    /// <summary>Whether a pod is available.</summary>
    public bool IsAvailable(V1Pod pod) => pod.AvailableFrom(MinReadySeconds) <= Now;

    /// <summary>
    /// The pod of the wanted revision and the one of an older one that are on a node, have not ended and are not being deleted; not
    /// clear if there are several of one sort.
    /// </summary>
    public (V1Pod? New, V1Pod? Old, bool IsClear) Split(DaemonNode node)
    {
        V1Pod? updated = null, old = null;
        var isClear = true;
        foreach (var pod in node.Pods.Where(pod => pod.IsActive))
        {
            ref var place = ref IsUpdated(pod) ? ref updated : ref old;
            isClear &= place is null;
            place ??= pod;
        }

        return (updated, old, isClear);
    }
}
