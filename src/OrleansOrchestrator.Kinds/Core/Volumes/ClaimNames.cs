using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>The claims that pods name in their volumes.</summary>
public static class ClaimNames
{
    /// <summary>The claims of a pod's volumes, those of its ephemeral volumes included, in the order of the volumes.</summary>
    public static IEnumerable<ObjectKey> Of(V1Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        foreach (var volume in (pod.Spec?.Volumes).OrNone())
        {
            if (Of(pod, volume) is { } name)
                yield return new ObjectKey(pod.Metadata.NamespaceProperty ?? "", name);
        }
    }

    /// <summary>The name of the claim of a pod's volume; null if the volume is of another kind.</summary>
    public static string? Of(V1Pod pod, V1Volume volume) => volume switch
    {
        { PersistentVolumeClaim.ClaimName: { Length: > 0 } name } => name,
        { Ephemeral: not null } => $"{pod.Metadata.Name}-{volume.Name}",
        _ => null,
    };

    /// <summary>Why a pod may not use the claim of its ephemeral volume: somebody else made a claim of that name; null if it may.</summary>
    public static string? WhyNotOf(V1Pod pod, V1PersistentVolumeClaim claim) =>
        IsOf(pod.Metadata.Uid, claim) ? null : NotCreatedFor($"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}", claim);

    /// <summary>Says that a claim was not made for a pod.</summary>
    public static string NotCreatedFor(string pod, V1PersistentVolumeClaim claim) =>
        $"PVC {claim.Metadata.NamespaceProperty}/{claim.Metadata.Name} was not created for pod {pod} (pod is not owner)";

    /// <summary>Whether a claim was made for an ephemeral volume of a pod.</summary>
    /// <param name="podUid">The pod's uid.</param>
    /// <param name="claim">The claim.</param>
    public static bool IsOf(string podUid, V1PersistentVolumeClaim claim) =>
        claim.Metadata.OwnerReferences.OrNone().Any(reference => reference.Controller is true && reference.Uid == podUid);
}
