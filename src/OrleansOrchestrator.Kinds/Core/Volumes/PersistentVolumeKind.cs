using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>A volume that outlives the pods that use it.</summary>
internal sealed class PersistentVolumeKind : ResourceDefinition<V1PersistentVolume>
{
    public override string Kind => "PersistentVolume";

    public override string Plural => "persistentvolumes";

    public override bool DeletionAnswersWithObject => true;

    public override IReadOnlyList<string> ShortNames => ["pv"];

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    protected override IReadOnlyList<TableColumn<V1PersistentVolume>> TypedColumns =>
    [
        TableColumn<V1PersistentVolume>.Name,
        TableColumn<V1PersistentVolume>.Of("Capacity", volume => VolumeChoices.SizeOf(volume.Spec?.Capacity)),
        TableColumn<V1PersistentVolume>.Of("Access Modes", volume => VolumeChoices.ShortAccessModes(volume.Spec?.AccessModes)),
        TableColumn<V1PersistentVolume>.Of("Reclaim Policy", volume => volume.Spec?.PersistentVolumeReclaimPolicy ?? ""),
        TableColumn<V1PersistentVolume>.Of("Status", PhaseOf),
        TableColumn<V1PersistentVolume>.Of("Claim", ClaimOf),
        TableColumn<V1PersistentVolume>.Of("StorageClass", volume => VolumeChoices.ClassOf(volume.Metadata, volume.Spec?.StorageClassName)),
        TableColumn<V1PersistentVolume>.Of("VolumeAttributesClass", volume => volume.Spec?.VolumeAttributesClassName ?? "<unset>"),
        TableColumn<V1PersistentVolume>.Of("Reason", volume => volume.Status?.Reason ?? ""),
        TableColumn<V1PersistentVolume>.Age,
        TableColumn<V1PersistentVolume>.Of("VolumeMode", volume => volume.Spec?.VolumeMode ?? "<unset>", priority: 1),
    ];

    protected override void ApplyDefaults(V1PersistentVolume obj)
    {
        obj.Status ??= new V1PersistentVolumeStatus();
        obj.Status.Phase = obj.Status.Phase.Or(VolumePhase.Pending);
        if (obj.Spec is not { } spec)
            return;
        spec.PersistentVolumeReclaimPolicy = spec.PersistentVolumeReclaimPolicy.Or(ReclaimPolicies.Retain);
        spec.VolumeMode ??= VolumeChoices.Filesystem;
        if (spec.HostPath is { } hostPath)
            hostPath.Type ??= "";
    }

    protected override void AddWarnings(V1PersistentVolume volume, V1PersistentVolume? current, List<string> warnings) =>
        VolumeWarnings.Add(volume, warnings);

    protected override void Validate(V1PersistentVolume obj, FieldErrors errors) => PersistentVolumeValidation.Validate(obj.Spec, errors);

    protected override void ValidateUpdate(V1PersistentVolume updated, V1PersistentVolume current, FieldErrors errors)
    {
        Validate(updated, errors);
        PersistentVolumeValidation.ValidateUpdate(updated.Spec, current.Spec, errors);
    }

    private static string PhaseOf(V1PersistentVolume volume) =>
        volume.Metadata.DeletionTimestamp is null ? volume.Status?.Phase ?? "" : "Terminating";

    private static string ClaimOf(V1PersistentVolume volume) =>
        volume.Spec?.ClaimRef is { } claim ? $"{claim.NamespaceProperty}/{claim.Name}" : "";
}
