using k8s.Models;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>Keeps a deleted volume as long as a claim is bound to it, or about to be.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/volume/pvprotection.</remarks>
public sealed class VolumeProtectionReconciler : IReconciler
{
    /// <inheritdoc/>
    public string Name => "persistentvolume-protection-controller";

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("pv-protection-controller");

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PersistentVolumes;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation) => observation.Primary is V1PersistentVolume volume
        ? ProtectionFinalizer.Keep(Primary, volume, VolumeMetadataKeys.VolumeProtection, IsUsed(volume))
        : Plan.Nothing;

    private static bool IsUsed(V1PersistentVolume volume) => volume.Status?.Phase switch
    {
        "Bound" => true,
        "Released" or "Failed" => false,
        // The claim is known, and its volume is released once it is gone.
        _ => volume.Spec?.ClaimRef is { Uid.Length: > 0 },
    };
}
