using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>Requests a volume of some size and class.</summary>
internal sealed class PersistentVolumeClaimKind : ResourceDefinition<V1PersistentVolumeClaim>
{
    public override string Kind => "PersistentVolumeClaim";

    public override string Plural => "persistentvolumeclaims";

    public override bool DeletionAnswersWithObject => true;

    public override IReadOnlyList<string> ShortNames => ["pvc"];

    public override bool HasStatus => true;

    protected override IReadOnlyList<TableColumn<V1PersistentVolumeClaim>> TypedColumns =>
    [
        TableColumn<V1PersistentVolumeClaim>.Name,
        TableColumn<V1PersistentVolumeClaim>.Of("Status", PhaseOf),
        TableColumn<V1PersistentVolumeClaim>.Of("Volume", claim => claim.Spec?.VolumeName ?? ""),
        TableColumn<V1PersistentVolumeClaim>.Of("Capacity", claim => HasVolume(claim) ? VolumeChoices.SizeOf(claim.Status?.Capacity) : ""),
        TableColumn<V1PersistentVolumeClaim>.Of(
            "Access Modes", claim => HasVolume(claim) ? VolumeChoices.ShortAccessModes(claim.Status?.AccessModes) : ""),
        TableColumn<V1PersistentVolumeClaim>.Of("StorageClass", claim => VolumeChoices.ClassOf(claim.Metadata, claim.Spec?.StorageClassName)),
        TableColumn<V1PersistentVolumeClaim>.Of("VolumeAttributesClass", claim => claim.Spec?.VolumeAttributesClassName ?? "<unset>"),
        TableColumn<V1PersistentVolumeClaim>.Age,
        TableColumn<V1PersistentVolumeClaim>.Of("VolumeMode", claim => claim.Spec?.VolumeMode ?? "<unset>", priority: 1),
    ];

    protected override void ApplyDefaults(V1PersistentVolumeClaim obj) => ClaimDefaults.Apply(obj);

    protected override void AddWarnings(V1PersistentVolumeClaim claim, V1PersistentVolumeClaim? current, List<string> warnings) =>
        VolumeWarnings.Add(claim, warnings);

    protected override void Validate(V1PersistentVolumeClaim obj, FieldErrors errors) => ClaimValidation.Validate(obj.Spec, errors);

    protected override void ValidateUpdate(V1PersistentVolumeClaim updated, V1PersistentVolumeClaim current, FieldErrors errors)
    {
        Validate(updated, errors);
        ClaimValidation.ValidateUpdate(updated, current, errors);
    }

    protected override void ValidateStatusUpdate(V1PersistentVolumeClaim updated, V1PersistentVolumeClaim current, FieldErrors errors) =>
        ClaimValidation.ValidateStatus(updated.Status, errors);

    private static string PhaseOf(V1PersistentVolumeClaim claim) =>
        claim.Metadata.DeletionTimestamp is null ? claim.Status?.Phase ?? "" : "Terminating";

    private static bool HasVolume(V1PersistentVolumeClaim claim) => !string.IsNullOrEmpty(claim.Spec?.VolumeName);
}
