using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>
/// Keeps the phase of a PersistentVolume, releases it when its claim is gone, and gives back a volume whose claim was bound elsewhere.
/// The provisioner that made a volume reclaims it.
/// </summary>
/// <remarks>See syncVolume in k8s.io/kubernetes/pkg/controller/volume/persistentvolume.</remarks>
public sealed class VolumeReconciler : IReconciler
{
    internal const string ControllerName = "persistentvolume-controller";
    internal const string VolumeMismatch = "VolumeMismatch";

    internal static readonly string Binder = ControllerUsers.ServiceAccount("persistent-volume-binder");

    private static readonly ClaimOfVolume Claim = new(static _ => true);

    /// <inheritdoc/>
    public string Name => ControllerName;

    /// <inheritdoc/>
    public string User => Binder;

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PersistentVolumes;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Claim.Relation];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1PersistentVolume { Spec: not null } volume)
            return Plan.Nothing;
        // A volume that somebody reserved for a claim is available until the claim takes it.
        if (volume.Spec.ClaimRef is not { Uid.Length: > 0 })
            return Set(volume, VolumePhase.Available, observation.Now);
        if (Claim.Find(volume, observation) is not { } claim)
            return Release(volume, observation.Now);
        if (claim.Spec?.VolumeName == volume.Metadata.Name)
            return Set(volume, VolumePhase.Bound, observation.Now);
        if (string.IsNullOrEmpty(claim.Spec?.VolumeName))
            return claim.Spec is null || VolumeMatching.HasSameMode(volume, claim) ? Plan.Nothing : Mismatch(volume, claim);
        return volume.Provisioner is not null && volume.Spec.PersistentVolumeReclaimPolicy == ReclaimPolicies.Delete ? Release(volume, observation.Now) : Unbind(volume);
    }

    private static Plan Mismatch(V1PersistentVolume volume, V1PersistentVolumeClaim claim) => new()
    {
        Events =
        [
            new PlannedEvent("Warning", VolumeMismatch, $"Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{claim.Metadata.Name}\" due to incompatible volumeMode."),
            new PlannedEvent("Warning", VolumeMismatch, $"Cannot bind PersistentVolume \"{volume.Metadata.Name}\" to requested PersistentVolumeClaim \"{claim.Metadata.Name}\" due to incompatible volumeMode.")
            {
                Regarding = (WellKnownResources.PersistentVolumeClaims, claim.Key),
            },
        ],
    };

    /// <summary>
    /// Releases the volume, and then says what cannot be done with it. A failure stays for users to see as long as its cause is there; without
    /// it the volume is released again, and whoever reclaims it goes on.
    /// </summary>
    private Plan Release(V1PersistentVolume volume, DateTimeOffset now)
    {
        if (volume.Status?.Phase is not (VolumePhase.Released or VolumePhase.Failed))
            return Set(volume, VolumePhase.Released, now);
        return volume.Spec.PersistentVolumeReclaimPolicy switch
        {
            ReclaimPolicies.Retain => Set(volume, VolumePhase.Released, now),
            ReclaimPolicies.Delete when volume.Provisioner is not null => Set(volume, VolumePhase.Released, now),
            ReclaimPolicies.Delete => Fail(volume, now, "VolumeFailedDelete", $"error getting deleter volume plugin for volume \"{volume.Metadata.Name}\": no deletable volume plugin matched"),
            ReclaimPolicies.Recycle => Fail(volume, now, "VolumeFailedRecycle", "No recycler plugin found for the volume!"),
            _ => Fail(volume, now, "VolumeUnknownReclaimPolicy", "Volume has an unrecognized PersistentVolumeReclaimPolicy"),
        };
    }

    private static Plan Unbind(V1PersistentVolume volume)
    {
        var unbound = ObjectCodec.Clone(volume);
        if (unbound.Metadata.Annotations?.ContainsKey(VolumeMetadataKeys.BoundByController) is true)
        {
            unbound.Metadata.Annotations = unbound.Metadata.Annotations.Where(one => one.Key != VolumeMetadataKeys.BoundByController)
                .ToDictionary(StringComparer.Ordinal);
            unbound.Spec.ClaimRef = null;
        }
        else
        {
            // Whoever reserved the volume for a claim of this name still means it.
            unbound.Spec.ClaimRef.Uid = null;
        }

        return new Plan { Actions = [new UpdateObject(WellKnownResources.PersistentVolumes, unbound)] };
    }

    private Plan Fail(V1PersistentVolume volume, DateTimeOffset now, string reason, string message) => Set(volume, VolumePhase.Failed, now, message) is { Actions.Count: > 0 } plan
        ? plan with { Events = [new PlannedEvent("Warning", reason, message)] }
        : Plan.Nothing;

    // At the version that was seen: a later phase must not be overwritten by an earlier one.
    private Plan Set(V1PersistentVolume volume, string phase, DateTimeOffset now, string? message = null)
    {
        if (volume.Status?.Phase == phase && (volume.Status.Message ?? "") == (message ?? ""))
            return Plan.Nothing;
        var changed = ObjectCodec.Clone(volume);
        changed.Status ??= new V1PersistentVolumeStatus();
        if (changed.Status.Phase != phase)
            changed.Status.LastPhaseTransitionTime = ObjectMetaRules.TruncateToSeconds(now);
        (changed.Status.Phase, changed.Status.Message) = (phase, message);
        return new Plan { Actions = [new UpdateStatus(Primary, changed)] };
    }
}
