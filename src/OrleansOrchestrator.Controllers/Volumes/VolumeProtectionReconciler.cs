using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>Keeps a deleted volume as long as a claim is bound to it, or about to be.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/volume/pvprotection.</remarks>
public sealed class VolumeProtectionReconciler : IReconciler
{
    private static readonly ClaimOfVolume Claim = new(static volume => volume.IsDeleting && volume.HasFinalizer(VolumeMetadataKeys.VolumeProtection));

    /// <inheritdoc/>
    public string Name => "persistentvolume-protection-controller";

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("pv-protection-controller");

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PersistentVolumes;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Claim.Relation];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation) => observation.Primary is V1PersistentVolume volume
        ? ProtectionFinalizer.Keep(Primary, volume, VolumeMetadataKeys.VolumeProtection, IsUsed(volume, observation))
        : Plan.Nothing;

    // The phase may be older than the claim: an administrator may have given a released volume to another one.
    private static bool IsUsed(V1PersistentVolume volume, Observation observation) => volume.Status?.Phase == VolumePhase.Bound || Claim.Holds(volume, observation);
}
