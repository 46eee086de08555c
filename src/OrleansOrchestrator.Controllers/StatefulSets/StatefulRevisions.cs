using k8s.Models;
using OrleansOrchestrator.Controllers.Revisions;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// The revision that a StatefulSet is being updated to, and the one that it is updated from. They are one and the same when no
/// update is under way.
/// </summary>
/// <param name="Current">The revision that the last finished update was to.</param>
/// <param name="Update">The revision of the template that is wanted now.</param>
internal sealed record StatefulRevisions(V1ControllerRevision Current, V1ControllerRevision Update)
{
    /// <summary>The label in which a pod names its revision.</summary>
    public const string PodLabel = "controller-revision-hash";

    /// <summary>The label in which a revision carries its hash.</summary>
    public const string HashLabel = "controller.kubernetes.io/hash";

    /// <summary>Finds them in a history that is settled.</summary>
    public static StatefulRevisions Of(V1StatefulSet set, RevisionHistory history) => new(
        history.All.FirstOrDefault(revision => revision.Metadata.Name == set.Status?.CurrentRevision) ?? history.Current!, history.Current!);

    /// <summary>The name of the revision that a pod is of; null if it names none.</summary>
    public static string? Of(V1Pod pod) => pod.Metadata.Labels is { } labels && labels.TryGetValue(PodLabel, out var name) ? name : null;

    /// <summary>Whether a pod is of the revision that the set is being updated to.</summary>
    public bool IsUpdated(V1Pod pod) => Of(pod) == Update.Metadata.Name;

    /// <summary>The revision of which a missing pod is made: below the partition nothing is updated.</summary>
    public V1ControllerRevision For(V1StatefulSet set, int ordinal)
    {
        if (set.Spec.UpdateStrategy is { Type: "OnDelete" })
            return Update;
        var kept = set.Spec.UpdateStrategy?.RollingUpdate is { } update ? update.Partition ?? 0 : set.Status?.CurrentReplicas ?? 0;
        return ordinal - set.FirstOrdinal < kept ? Current : Update;
    }
}
