using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>Validates persistent volumes.</summary>
/// <remarks>See ValidatePersistentVolume in k8s.io/kubernetes/pkg/apis/core/validation; faults come in the same order.</remarks>
internal static class PersistentVolumeValidation
{
    private static readonly string[] Policies = [ReclaimPolicies.Delete, ReclaimPolicies.Recycle, ReclaimPolicies.Retain];

    public static void Validate(V1PersistentVolumeSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if ((spec?.AccessModes).OrNone().Count == 0)
            errors.Required(path.Child("accessModes"));
        VolumeChoices.ValidateAccessModes(spec?.AccessModes, path.Child("accessModes"), errors);
        ValidateCapacity((spec?.Capacity).OrNone(), path.Child("capacity"), errors);
        ChoiceRules.ValidateOptional(
            spec?.PersistentVolumeReclaimPolicy, Policies, path.Child("persistentVolumeReclaimPolicy"), errors);
        if (spec?.NodeAffinity is { } affinity)
            ValidateAffinity(affinity, path.Child("nodeAffinity"), errors);
        ValidateSources(spec ?? new V1PersistentVolumeSpec(), path, errors);
        if (spec?.HostPath?.Path == "/" && spec.PersistentVolumeReclaimPolicy == ReclaimPolicies.Recycle)
            errors.Forbidden(path.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'");
        if (!string.IsNullOrEmpty(spec?.StorageClassName))
            errors.Invalid(path.Child("storageClassName"), spec.StorageClassName, NameRules.IsDns1123Subdomain(spec.StorageClassName));
        if (spec?.VolumeMode is null)
            errors.Required(path.Child("volumeMode"));
        VolumeChoices.ValidateMode(spec?.VolumeMode, path.Child("volumeMode"), errors);
        if (spec?.VolumeAttributesClassName is { } attributes)
            ValidateAttributesClass(attributes, spec, path, errors);
    }

    public static void ValidateUpdate(V1PersistentVolumeSpec? updated, V1PersistentVolumeSpec? current, FieldErrors errors)
    {
        if (updated is null || current is null)
            return;
        var (after, before) = (PersistentVolumeSources.Of(updated), PersistentVolumeSources.Of(current));
        if (!SemanticEquality.Equal(after, before))
        {
            errors.Forbidden(FieldPath.Spec.Child("persistentvolumesource"),
                $"spec.persistentvolumesource is immutable after creation\n{FieldDifference.Describe(before, after)}");
        }

        ImmutableRules.Validate(updated.VolumeMode, current.VolumeMode, FieldPath.Root("volumeMode"), errors);
        // The node affinity of a volume may be added later, but does not change.
        if (current.NodeAffinity is not null)
            ImmutableRules.Validate(updated.NodeAffinity, current.NodeAffinity, FieldPath.Root("nodeAffinity"), errors);
    }

    private static void ValidateCapacity(IDictionary<string, ResourceQuantity> capacity, FieldPath path, FieldErrors errors)
    {
        if (capacity.Count == 0)
            errors.Required(path);
        if (!capacity.ContainsKey(VolumeChoices.Storage) || capacity.Count > 1)
            errors.NotSupported(path, capacity, VolumeChoices.Storage);
        foreach (var (name, amount) in capacity)
            VolumeChoices.ValidatePositive(amount, path.Key(name), errors);
    }

    private static void ValidateAffinity(V1VolumeNodeAffinity affinity, FieldPath path, FieldErrors errors)
    {
        if (affinity.Required is null)
            errors.Required(path.Child("required"), "must specify required node constraints");
        else
            NodeSelectorRules.Validate(affinity.Required, path.Child("required"), errors);
    }

    private static void ValidateSources(V1PersistentVolumeSpec spec, FieldPath path, FieldErrors errors)
    {
        var sources = PersistentVolumeSources.Of(spec).Keys.ToList();
        if (sources.Count == 0)
            errors.Required(path, "must specify a volume type");
        foreach (var source in sources.Skip(1))
            errors.Forbidden(path.Child(source), "may not specify more than 1 volume type");
        if (spec.HostPath is { } hostPath)
            ValidatePath(hostPath.Path, path.Child("hostPath").Child("path"), errors);
        if (spec.Nfs is { } nfs)
            ValidateNfs(nfs, path.Child("nfs"), errors);
        if (spec.Local is { } local)
        {
            ValidatePath(local.Path, path.Child("local").Child("path"), errors);
            if (spec.NodeAffinity is null)
                errors.Required(FieldPath.Metadata.Child("annotations"), "Local volume requires node affinity");
        }

        if (spec.Csi is { } csi)
            ValidateCsi(csi, path.Child("csi"), errors);
    }

    private static void ValidatePath(string? text, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(text))
            errors.Required(path);
        else
            PathRules.ValidateNoBacksteps(text, path, errors);
    }

    private static void ValidateNfs(V1NFSVolumeSource nfs, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(nfs.Server))
            errors.Required(path.Child("server"));
        if (string.IsNullOrEmpty(nfs.Path))
            errors.Required(path.Child("path"));
        else if (!nfs.Path.StartsWith('/'))
            errors.Invalid(path.Child("path"), nfs.Path, "must be an absolute path");
    }

    private static void ValidateCsi(V1CSIPersistentVolumeSource csi, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(csi.Driver))
            errors.Required(path.Child("driver"));
        else
            errors.Invalid(path.Child("driver"), csi.Driver, NameRules.IsDns1123Subdomain(csi.Driver.ToLowerInvariant()));
        if (string.IsNullOrEmpty(csi.VolumeHandle))
            errors.Required(path.Child("volumeHandle"));
    }

    private static void ValidateAttributesClass(string name, V1PersistentVolumeSpec spec, FieldPath path, FieldErrors errors)
    {
        var at = path.Child("volumeAttributesClassName");
        if (name.Length == 0)
            errors.Required(at, "an empty string is disallowed");
        else
            errors.Invalid(at, name, NameRules.IsDns1123Subdomain(name));
        if (spec.Csi is null)
            errors.Required(path.Child("csi"), "has to be specified when using volumeAttributesClassName");
    }
}
