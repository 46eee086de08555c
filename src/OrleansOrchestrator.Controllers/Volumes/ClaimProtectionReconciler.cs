using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>Keeps a deleted claim as long as a pod that was given a node uses it. No node starts a pod with a deleted claim.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/volume/pvcprotection.</remarks>
public sealed class ClaimProtectionReconciler : IReconciler
{
    private static readonly PodsOfClaim Users = new(
        claim => claim.IsDeleting && claim.HasFinalizer(VolumeMetadataKeys.ClaimProtection), pod => !string.IsNullOrEmpty(pod.Spec?.NodeName))
    {
        ConcludesFromAbsence = true,
    };

    /// <inheritdoc/>
    public string Name => "persistentvolumeclaim-protection-controller";

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("pvc-protection-controller");

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PersistentVolumeClaims;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Users];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation) => observation.Primary is V1PersistentVolumeClaim claim
        ? ProtectionFinalizer.Keep(Primary, claim, VolumeMetadataKeys.ClaimProtection, observation.Of<V1Pod>(Users).Any(pod => Uses(pod, claim)))
        : Plan.Nothing;

    private static bool Uses(V1Pod pod, V1PersistentVolumeClaim claim) => (pod.Spec.Volumes ?? []).Any(volume =>
        ClaimNames.Of(pod, volume) == claim.Metadata.Name && (volume.Ephemeral is null || (!IsShutDown(pod) && ClaimNames.IsOf(pod.Metadata.Uid, claim))));

    // The claim of an ephemeral volume goes with its pod, which may wait for the claim in turn.
    private static bool IsShutDown(V1Pod pod) => pod.IsDeleting && pod.Metadata.DeletionGracePeriodSeconds == 0;
}
