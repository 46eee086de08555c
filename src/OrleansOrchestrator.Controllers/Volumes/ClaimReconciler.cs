using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>
/// Binds claims to volumes. The volume's <c>claimRef</c> decides: it names one claim, and is written first, at the version that was seen.
/// The claim's <c>volumeName</c> follows when the reference is durable, and its status last. So two claims never have one volume, and a
/// binding that was interrupted anywhere goes on from what is there.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/volume/persistentvolume.</remarks>
public sealed class ClaimReconciler : IReconciler
{
    private const string FailedBinding = "FailedBinding";

    private static readonly NamedByPrimary Volume = new(
        WellKnownResources.PersistentVolumes, claim => VolumeOf((V1PersistentVolumeClaim)claim) is { } volume ? [volume] : [])
    {
        NeedsNewest = static (claim, volume) => volume is null && claim is V1PersistentVolumeClaim { IsBindCompleted: true },
    };

    private static readonly NamingPrimary Reserved = new(WellKnownResources.PersistentVolumes, volume => ClaimOf((V1PersistentVolume)volume));
    private static readonly OfferedVolumes Offered = new();
    private static readonly ClassesOfClaim Classes = new();
    private static readonly PodsOfClaim WaitingPods = new(claim => claim.IsOpen, pod => string.IsNullOrEmpty(pod.Spec?.NodeName) && !pod.IsDeleting);

    /// <inheritdoc/>
    public string Name => "persistentvolume-binder-controller";

    /// <inheritdoc/>
    public string EventSource => VolumeReconciler.ControllerName;

    /// <inheritdoc/>
    public string User => VolumeReconciler.Binder;

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PersistentVolumeClaims;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Volume, Reserved, Offered, Classes, WaitingPods];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1PersistentVolumeClaim { Spec: not null } claim)
            return Plan.Nothing;
        if (claim.IsOpen)
            return claim.IsDeleting ? FinishBinding(claim, observation) : FindVolume(claim, observation);
        var volume = observation.Of<V1PersistentVolume>(Volume).SingleOrDefault();
        return claim.IsBindCompleted ? KeepVolume(claim, volume) : BindToNamed(claim, volume);
    }

    internal static ObjectKey? ClaimOf(V1PersistentVolume volume) => volume.Spec?.ClaimRef is { Name.Length: > 0 } reference
        ? new ObjectKey(reference.NamespaceProperty ?? "", reference.Name)
        : null;

    private static ObjectKey? VolumeOf(V1PersistentVolumeClaim claim) =>
        claim.Spec?.VolumeName is { Length: > 0 } name ? new ObjectKey("", name) : null;

    /// <summary>Only ends a binding that has begun: a deleted claim that something holds gets no volume any more.</summary>
    private Plan FinishBinding(V1PersistentVolumeClaim claim, Observation observation) =>
        VolumeMatching.FindBest(claim, observation.Of<V1PersistentVolume>(Reserved).Where(volume => volume.Spec.ClaimRef.Uid == claim.Metadata.Uid)) is { } volume
            ? Bind(claim, volume)
            : Plan.Nothing;

    /// <summary>Finds a volume for a claim that takes any.</summary>
    private Plan FindVolume(V1PersistentVolumeClaim claim, Observation observation)
    {
        var classes = observation.Of<V1StorageClass>(Classes).ToList();
        var storage = claim.HasClass ? classes.SingleOrDefault() : null;
        var waits = storage?.WaitsForConsumer is true;
        // Where the class waits for a consumer, the scheduler chooses among the free volumes, because it knows the nodes.
        var volumes = waits ? observation.Of<V1PersistentVolume>(Reserved) : observation.OfAny<V1PersistentVolume>(Reserved, Offered);
        if (VolumeMatching.FindBest(claim, volumes) is { } volume)
            return Bind(claim, volume);
        if (!claim.HasClass && StorageClasses.DefaultOf(classes) is { } standard)
            return Update(claim, changed => changed.Spec.StorageClassName = standard.Metadata.Name);
        if (waits && claim.SelectedNode is null)
            return Wait(claim, Waiting([.. observation.Of<V1Pod>(WaitingPods).Select(pod => pod.Metadata.Name)]));
        if (claim.ClassName.Length > 0)
            return Provision(claim, storage);
        return Wait(claim, new PlannedEvent("Normal", FailedBinding, "no persistent volumes available for this claim and no storage class is set"));
    }

    /// <summary>Lets the provisioner of the claim's class know of the claim.</summary>
    private Plan Provision(V1PersistentVolumeClaim claim, V1StorageClass? storage)
    {
        if (storage is null)
            return Wait(claim, Failed($"storageclass.storage.k8s.io \"{claim.ClassName}\" not found"));
        var provisioner = storage.Provisioner ?? "";
        if (provisioner.StartsWith("kubernetes.io/", StringComparison.Ordinal))
            return Wait(claim, Failed($"no volume plugin matched name: {provisioner}"));

        var request = Update(claim, changed =>
        {
            changed.Metadata.Annotations = new Dictionary<string, string>(changed.Metadata.Annotations ?? new Dictionary<string, string>())
            {
                [VolumeMetadataKeys.StorageProvisioner] = provisioner,
                [VolumeMetadataKeys.BetaStorageProvisioner] = provisioner,
            };
        });
        return (request.Actions.Count > 0 ? request : Wait(claim)) with
        {
            Events =
            [
                new PlannedEvent("Normal", "ExternalProvisioning",
                    $"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. "
                    + "If volume creation is delayed, please verify that the provisioner is running and correctly registered."),
            ],
        };

        static PlannedEvent Failed(string why) => new("Warning", "ProvisioningFailed", why);
    }

    /// <summary>Binds a claim to the volume that it names.</summary>
    private Plan BindToNamed(V1PersistentVolumeClaim claim, V1PersistentVolume? volume)
    {
        if (volume is null)
            return Wait(claim, new PlannedEvent("Warning", FailedBinding, $"volume \"{claim.Spec.VolumeName}\" not found"));
        if (volume.IsFor(claim))
            return Bind(claim, volume);
        if (volume.Spec?.ClaimRef is not null)
            return Wait(claim, new PlannedEvent("Warning", FailedBinding, $"volume \"{volume.Metadata.Name}\" already bound to a different claim."));
        return VolumeMatching.WhyNot(volume, claim) is { } why
            ? Wait(claim, new PlannedEvent("Warning", VolumeReconciler.VolumeMismatch, $"Cannot bind to requested volume \"{volume.Metadata.Name}\": {why}"))
            : Bind(claim, volume);
    }

    /// <summary>Sees that a claim that was bound for good keeps its volume.</summary>
    private Plan KeepVolume(V1PersistentVolumeClaim claim, V1PersistentVolume? volume)
    {
        if (string.IsNullOrEmpty(claim.Spec.VolumeName))
            return Lose(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
        if (volume is null)
            return Lose(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        // Somebody took the reference away; it still is the claim's volume.
        if (volume.Spec?.ClaimRef is null || volume.IsFor(claim))
            return Bind(claim, volume);
        return Lose(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
    }

    /// <summary>The next step of a binding. Each rests on what the one before it has made durable.</summary>
    private Plan Bind(V1PersistentVolumeClaim claim, V1PersistentVolume volume)
    {
        if (volume.Spec.ClaimRef?.Uid != claim.Metadata.Uid)
            return new Plan { Actions = [new UpdateObject(WellKnownResources.PersistentVolumes, Reserve(volume, claim))] };
        if (!claim.IsBindCompleted || claim.Spec.VolumeName != volume.Metadata.Name)
        {
            return Update(claim, changed =>
            {
                var annotations = new Dictionary<string, string>(changed.Metadata.Annotations ?? new Dictionary<string, string>())
                {
                    [VolumeMetadataKeys.BindCompleted] = "yes",
                };
                if (string.IsNullOrEmpty(changed.Spec.VolumeName))
                    annotations[VolumeMetadataKeys.BoundByController] = "yes";
                changed.Metadata.Annotations = annotations;
                changed.Spec.VolumeName = volume.Metadata.Name;
            });
        }

        return new Plan
        {
            Actions = PatchObject.OfChangedStatus(Primary, claim, changed =>
            {
                changed.Status ??= new V1PersistentVolumeClaimStatus();
                changed.Status.AccessModes = volume.Spec.AccessModes;
                // A claim that is bound already may have a size of its own.
                if (changed.Status.Phase != ClaimPhase.Bound)
                    changed.Status.Capacity = volume.Spec.Capacity;
                changed.Status.Phase = ClaimPhase.Bound;
            }),
        };
    }

    private static V1PersistentVolume Reserve(V1PersistentVolume volume, V1PersistentVolumeClaim claim)
    {
        var reserved = ObjectCodec.Clone(volume);
        // A volume that somebody reserved for the claim is theirs to unbind.
        if (reserved.Spec.ClaimRef is null)
        {
            reserved.Metadata.Annotations = new Dictionary<string, string>(reserved.Metadata.Annotations ?? new Dictionary<string, string>())
            {
                [VolumeMetadataKeys.BoundByController] = "yes",
            };
        }

        reserved.Spec.ClaimRef = new V1ObjectReference
        {
            ApiVersion = "v1",
            Kind = "PersistentVolumeClaim",
            NamespaceProperty = claim.Metadata.NamespaceProperty,
            Name = claim.Metadata.Name,
            Uid = claim.Metadata.Uid,
            ResourceVersion = claim.Metadata.ResourceVersion,
        };
        return reserved;
    }

    private Plan Update(V1PersistentVolumeClaim claim, Action<V1PersistentVolumeClaim> change)
    {
        var changed = ObjectCodec.Clone(claim);
        change(changed);
        return ObjectFacts.SameJson(changed, claim) ? Plan.Nothing : new Plan { Actions = [new UpdateObject(Primary, changed)] };
    }

    private Plan Wait(V1PersistentVolumeClaim claim, params PlannedEvent[] events) => new()
    {
        Actions = PatchObject.OfChangedStatus(Primary, claim, static changed => SetWithoutVolume(changed, ClaimPhase.Pending)),
        Events = events,
    };

    private Plan Lose(V1PersistentVolumeClaim claim, string reason, string message)
    {
        var actions = PatchObject.OfChangedStatus(Primary, claim, static changed => SetWithoutVolume(changed, ClaimPhase.Lost));
        return new Plan { Actions = actions, Events = claim.Status?.Phase == ClaimPhase.Lost ? [] : [new PlannedEvent("Warning", reason, message)] };
    }

    private static void SetWithoutVolume(V1PersistentVolumeClaim claim, string phase)
    {
        claim.Status ??= new V1PersistentVolumeClaimStatus();
        (claim.Status.Phase, claim.Status.AccessModes, claim.Status.Capacity) = (phase, null, null);
    }

    private static PlannedEvent Waiting(IReadOnlyList<string> pods) => pods.Count switch
    {
        0 => new PlannedEvent("Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding"),
        1 => new PlannedEvent("Normal", "WaitForPodScheduled", $"waiting for pod {pods[0]} to be scheduled"),
        _ => new PlannedEvent("Normal", "WaitForPodScheduled", $"waiting for pods {string.Join(',', pods)} to be scheduled"),
    };
}
