using k8s.Models;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>The claim that a volume, which is the primary, is for. That it is gone is concluded from the newest state only.</summary>
/// <param name="isNeeded">Whether a volume's plan depends on its claim.</param>
internal sealed class ClaimOfVolume(Func<V1PersistentVolume, bool> isNeeded)
{
    /// <summary>The relation, for the reconciler's list.</summary>
    public NamedByPrimary Relation { get; } = new(
        WellKnownResources.PersistentVolumeClaims,
        volume => volume is V1PersistentVolume known && isNeeded(known) && ClaimReconciler.ClaimOf(known) is { } claim ? [claim] : [])
    {
        // What is released may be removed with its data.
        NeedsNewest = static (volume, claim) => volume is V1PersistentVolume { Spec.ClaimRef.Uid: { Length: > 0 } uid } && claim?.Metadata.Uid != uid,
    };

    /// <summary>The claim; null if it is gone, another one of its name has come, or the volume was only reserved by name.</summary>
    public V1PersistentVolumeClaim? Find(V1PersistentVolume volume, Observation observation) => volume.Spec?.ClaimRef is { Uid.Length: > 0 } reference
        ? observation.Of<V1PersistentVolumeClaim>(Relation).SingleOrDefault(claim => claim.Metadata.Uid == reference.Uid)
        : null;

    /// <summary>Whether the claim has the volume, or is about to get it.</summary>
    public bool Holds(V1PersistentVolume volume, Observation observation) =>
        Find(volume, observation) is { } claim && (string.IsNullOrEmpty(claim.Spec?.VolumeName) || claim.Spec.VolumeName == volume.Metadata.Name);
}
