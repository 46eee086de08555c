using k8s.Models;
using OrleansOrchestrator.Controllers.Revisions;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// The revision that a StatefulSet is being updated to, and the one that it is updated from. Both are the same if no update is
/// under way.
/// </summary>
/// <param name="Current">The revision of the last finished update.</param>
/// <param name="Update">The revision of the present template.</param>
internal sealed record StatefulRevisions(V1ControllerRevision Current, V1ControllerRevision Update)
{
    /// <summary>The label in which a revision carries its hash.</summary>
    public const string HashLabel = "controller.kubernetes.io/hash";

    /// <summary>Reads both from a settled history.</summary>
    public static StatefulRevisions Of(V1StatefulSet set, RevisionHistory history) => new(
        history.All.FirstOrDefault(revision => revision.Metadata.Name == set.Status?.CurrentRevision) ?? history.Current!, history.Current!);

    /// <summary>Whether a pod has the update revision.</summary>
    public bool IsUpdated(V1Pod pod) => RevisionHistory.RevisionOf(pod) == Update.Metadata.Name;

    /// <summary>The revision for a new pod of an ordinal. Ordinals below the partition keep the current revision.</summary>
    public V1ControllerRevision For(V1StatefulSet set, int ordinal)
    {
        if (set.Spec.UpdateStrategy is { Type: "OnDelete" })
            return Update;
        var kept = set.Spec.UpdateStrategy?.RollingUpdate is { } update ? update.Partition ?? 0 : set.Status?.CurrentReplicas ?? 0;
        return ordinal - set.FirstOrdinal < kept ? Current : Update;
    }
}
