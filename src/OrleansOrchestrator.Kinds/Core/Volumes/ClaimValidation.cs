using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>Validates PersistentVolumeClaims.</summary>
/// <remarks>See ValidatePersistentVolumeClaim in k8s.io/kubernetes/pkg/apis/core/validation; faults come in the same order.</remarks>
internal static class ClaimValidation
{

    public static void Validate(V1PersistentVolumeClaimSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if ((spec?.AccessModes).OrNone().Count == 0)
            errors.Required(path.Child("accessModes"), "at least 1 access mode is required");
        LabelSelectorRules.Validate(spec?.Selector, path.Child("selector"), errors);
        VolumeChoices.ValidateAccessModes(spec?.AccessModes, path.Child("accessModes"), errors);
        var size = path.Child("resources").Key(VolumeChoices.Storage);
        if ((spec?.Resources?.Requests).OrNone().TryGetValue(VolumeChoices.Storage, out var requested))
            VolumeChoices.ValidatePositive(requested, size, errors);
        else
            errors.Required(size);
        if (!string.IsNullOrEmpty(spec?.StorageClassName))
            errors.Invalid(path.Child("storageClassName"), spec.StorageClassName, NameRules.IsDns1123Subdomain(spec.StorageClassName));
        VolumeChoices.ValidateMode(spec?.VolumeMode, path.Child("volumeMode"), errors);
        if (spec?.DataSource is { } source)
            ValidateSource(source.ApiGroup, source.Kind, source.Name, path.Child("dataSource"), errors);
        if (spec?.DataSourceRef is { } reference)
            ValidateSource(reference.ApiGroup, reference.Kind, reference.Name, path.Child("dataSourceRef"), errors);
        ValidateSameSource(spec, path, errors);
    }

    /// <summary>Validates updates of claims: only the size may change, and it may grow once a volume is bound.</summary>
    public static void ValidateUpdate(V1PersistentVolumeClaim updated, V1PersistentVolumeClaim current, FieldErrors errors)
    {
        if (updated.Spec is null || current.Spec is null)
            return;
        var expected = WithUpdatableFields(updated, current);
        if (!SemanticEquality.Equal(updated.Spec, expected))
        {
            errors.Forbidden(FieldPath.Spec,
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
                + FieldDifference.Describe(expected, updated.Spec));
        }

        // After a failed expansion a claim may request less again, but not less than its present size.
        if (RequestOf(updated.Spec) < RequestOf(current.Spec)
            && RequestOf(updated.Spec) <= Quantity.From(Storage(current.Status?.Capacity)))
        {
            errors.Forbidden(FieldPath.Spec.Child("resources").Child("requests").Child(VolumeChoices.Storage),
                "field can not be less than status.capacity");
        }

        ImmutableRules.Validate(updated.Spec.VolumeMode, current.Spec.VolumeMode, FieldPath.Root("volumeMode"), errors);
    }

    public static void ValidateStatus(V1PersistentVolumeClaimStatus? status, FieldErrors errors)
    {
        var path = FieldPath.Status;
        ResourceAmountRules.ValidateAmounts(status?.Capacity, path.Child("capacity"), errors);
        ResourceAmountRules.ValidateAmounts(status?.AllocatedResources, path.Child("allocatedResources"), errors);
    }

    private static V1PersistentVolumeClaimSpec WithUpdatableFields(V1PersistentVolumeClaim updated, V1PersistentVolumeClaim current)
    {
        var expected = ObjectCodec.Clone(current.Spec);
        if (string.IsNullOrEmpty(expected.VolumeName))
            expected.VolumeName = updated.Spec.VolumeName;
        // A claim from before there was a default class may get one later.
        if (expected.StorageClassName is null && !current.Metadata.Annotations.OrNone().ContainsKey(VolumeMetadataKeys.StorageClass))
            expected.StorageClassName = updated.Spec.StorageClassName;
        expected.VolumeAttributesClassName = updated.Spec.VolumeAttributesClassName;
        if (current.Status?.Phase == ClaimPhase.Bound && Storage(updated.Spec.Resources?.Requests) is { } size)
        {
            expected.Resources ??= new V1VolumeResourceRequirements();
            expected.Resources.Requests ??= new Dictionary<string, ResourceQuantity>();
            expected.Resources.Requests[VolumeChoices.Storage] = size;
        }

        return expected;
    }

    private static void ValidateSource(string? group, string? kind, string? name, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
            errors.Required(path.Child("name"));
        if (string.IsNullOrEmpty(kind))
            errors.Required(path.Child("kind"));
        if (string.IsNullOrEmpty(group))
        {
            if (kind != "PersistentVolumeClaim")
                errors.Invalid(path, kind ?? "", "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
        }
        else
        {
            errors.Invalid(path.Child("apiGroup"), group, NameRules.IsDns1123Subdomain(group));
        }
    }

    private static void ValidateSameSource(V1PersistentVolumeClaimSpec? spec, FieldPath path, FieldErrors errors)
    {
        if (spec is not { DataSource: { } source, DataSourceRef: { } reference })
            return;
        if (!string.IsNullOrEmpty(reference.NamespaceProperty))
            errors.Invalid(path, path.Child("dataSource").ToString(), "may not be specified when dataSourceRef.namespace is specified");
        else if (source.ApiGroup.Or("") != reference.ApiGroup.Or("") || source.Kind != reference.Kind || source.Name != reference.Name)
            errors.Invalid(path, path.Child("dataSource").ToString(), "must match dataSourceRef");
    }

    private static Quantity RequestOf(V1PersistentVolumeClaimSpec spec) => Quantity.From(Storage(spec.Resources?.Requests));

    private static ResourceQuantity? Storage(IDictionary<string, ResourceQuantity>? amounts) =>
        amounts.OrNone().TryGetValue(VolumeChoices.Storage, out var size) ? size : null;
}
