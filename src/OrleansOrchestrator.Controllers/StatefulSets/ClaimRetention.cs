using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// Implements <c>persistentVolumeClaimRetentionPolicy</c>: which claims are deleted with the set, or with a pod on scale-down. It
/// sets owner references, and the garbage collector does the deletion.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/statefulset/stateful_set_utils.go.</remarks>
internal static class ClaimRetention
{
    /// <summary>The owner references of a new claim for a pod that the set wants.</summary>
    public static IList<V1OwnerReference>? OfNew(V1StatefulSet set) => GoesWithSet(set) ? [OwnerReferences.ControlledBy(set)] : null;

    /// <summary>
    /// The claim with the wanted owner references; null if it has them, is being deleted, or has a reference to a former set or pod
    /// of the same name.
    /// </summary>
    /// <param name="claim">The claim.</param>
    /// <param name="set">The set.</param>
    /// <param name="pod">The pod that uses the claim.</param>
    /// <param name="isWanted">Whether the set wants the pod; if not, the pod is being scaled down.</param>
    public static V1PersistentVolumeClaim? Corrected(V1PersistentVolumeClaim claim, V1StatefulSet set, V1Pod pod, bool isWanted)
    {
        var references = claim.Metadata.OwnerReferences ?? [];
        if (claim.IsDeleting || references.Any(reference => IsStale(reference, set, "StatefulSet") || IsStale(reference, pod, "Pod")))
            return null;

        List<V1OwnerReference> wanted = [.. references.Where(reference => reference.Uid != set.Metadata.Uid && reference.Uid != pod.Metadata.Uid)];
        // The API refuses two controllers, so another controller's claim is left to it.
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

    /// <summary>Whether a claim is left over from an earlier pod of that name. Such a claim will be deleted, so no new pod may use it.</summary>
    public static bool IsLeftOver(V1PersistentVolumeClaim claim, string podName) => claim.IsDeleting
        || claim.Metadata.OwnerReferences?.Any(reference => reference is { ApiVersion: "v1", Kind: "Pod" } && reference.Name == podName) is true;

    private static bool GoesWithSet(V1StatefulSet set) => set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenDeleted == "Delete";

    private static bool GoesWithPod(V1StatefulSet set) => set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenScaled == "Delete";

    private static bool IsStale(V1OwnerReference reference, KubeObject owner, string kind) =>
        reference.Kind == kind && reference.Name == owner.Metadata.Name && reference.Uid != owner.Metadata.Uid;
}
