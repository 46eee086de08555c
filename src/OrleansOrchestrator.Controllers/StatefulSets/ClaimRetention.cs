using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// Which claims go with the set or with a pod that is scaled away (<c>persistentVolumeClaimRetentionPolicy</c>). The owner
/// references say it, and the garbage collector does it.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/statefulset/stateful_set_utils.go.</remarks>
internal static class ClaimRetention
{
    /// <summary>The references of a claim that is made for a pod that the set wants.</summary>
    public static IList<V1OwnerReference>? OfNew(V1StatefulSet set) => GoesWithSet(set) ? [OwnerReferences.ControlledBy(set)] : null;

    /// <summary>The claim as its references should be; null if they are so already, or are none of the set's business.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="set">The set.</param>
    /// <param name="pod">The pod that uses the claim.</param>
    /// <param name="isWanted">Whether the set wants the pod; otherwise it is being scaled away.</param>
    public static V1PersistentVolumeClaim? Corrected(V1PersistentVolumeClaim claim, V1StatefulSet set, V1Pod pod, bool isWanted)
    {
        var references = claim.Metadata.OwnerReferences ?? [];
        if (claim.IsDeleting || references.Any(reference => IsStale(reference, set, "StatefulSet") || IsStale(reference, pod, "Pod")))
            return null;

        List<V1OwnerReference> wanted = [.. references.Where(reference => reference.Uid != set.Metadata.Uid && reference.Uid != pod.Metadata.Uid)];
        // Two controllers would be refused, and the other one has its reasons.
        if (!wanted.Exists(reference => reference.Controller is true))
        {
            if (isWanted && GoesWithSet(set))
                wanted.Add(OwnerReferences.ControlledBy(set));
            else if (!isWanted && GoesWithPod(set))
                wanted.Add(OwnerReferences.ControlledBy(pod));
            else if (!isWanted && GoesWithSet(set))
                wanted.Add(OwnerReferences.ControlledBy(set));
        }

        if (ObjectFacts.SameJson(wanted, references))
            return null;
        var corrected = ObjectCodec.Clone(claim);
        corrected.Metadata.OwnerReferences = wanted;
        return corrected;
    }

    /// <summary>Whether a claim belongs to a pod that is gone, so that it will go too and no new pod may use it.</summary>
    public static bool IsLeftOver(V1PersistentVolumeClaim claim, string podName) =>
        claim.Metadata.OwnerReferences?.Any(reference => reference is { ApiVersion: "v1", Kind: "Pod" } && reference.Name == podName) is true;

    private static bool GoesWithSet(V1StatefulSet set) => set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenDeleted == "Delete";

    private static bool GoesWithPod(V1StatefulSet set) => set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenScaled == "Delete";

    private static bool IsStale(V1OwnerReference reference, KubeObject owner, string kind) =>
        reference.Kind == kind && reference.Name == owner.Metadata.Name && reference.Uid != owner.Metadata.Uid;
}
