using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>The warnings about volumes and claims.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/{persistentvolume,persistentvolumeclaim,storage}.</remarks>
internal static class VolumeWarnings
{
    private static readonly (string Field, Func<V1PersistentVolumeSpec, object?> Source, string Text)[] DeprecatedSources =
    [
        ("photonPersistentDisk", spec => spec.PhotonPersistentDisk, "deprecated in v1.11, non-functional in v1.16+"),
        ("scaleIO", spec => spec.ScaleIO, "deprecated in v1.16, non-functional in v1.22+"),
        ("storageOS", spec => spec.Storageos, "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", spec => spec.Glusterfs, "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", spec => spec.Cephfs, "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", spec => spec.Rbd, "deprecated in v1.28, non-functional in v1.31+"),
    ];

    /// <summary>Adds the warnings about a volume.</summary>
    public static void Add(V1PersistentVolume volume, List<string> warnings)
    {
        AddAnnotation(volume.Metadata, warnings);
        if (volume.Spec is not { } spec)
            return;
        if (spec.PersistentVolumeReclaimPolicy == ReclaimPolicies.Recycle)
            warnings.Add("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.");
        NodeLabelWarnings.Add(spec.NodeAffinity?.Required, FieldPath.Spec.Child("nodeAffinity.required"), warnings);
        foreach (var (field, source, text) in DeprecatedSources)
        {
            if (source(spec) is not null)
                warnings.Add($"spec.{field}: {text}");
        }
    }

    /// <summary>Adds the warnings about a claim.</summary>
    public static void Add(V1PersistentVolumeClaim claim, List<string> warnings)
    {
        AddAnnotation(claim.Metadata, warnings);
        AddClaim(claim.Spec, FieldPath.Spec, warnings);
    }

    /// <summary>Adds the warnings about a claim's spec.</summary>
    public static void AddClaim(V1PersistentVolumeClaimSpec? spec, FieldPath at, List<string> warnings)
    {
        if ((spec?.Resources?.Requests).OrNone().TryGetValue("storage", out var request))
            ResourceAmountRules.WarnOfFraction(request, at.Child("resources.requests").Key("storage"), warnings);
        if ((spec?.Resources?.Limits).OrNone().TryGetValue("storage", out var limit))
            ResourceAmountRules.WarnOfFraction(limit, at.Child("resources.limits").Key("storage"), warnings);
    }

    private static void AddAnnotation(V1ObjectMeta metadata, List<string> warnings)
    {
        if (metadata.Annotations?.ContainsKey(VolumeMetadataKeys.StorageClass) is true)
            warnings.Add($"metadata.annotations[{VolumeMetadataKeys.StorageClass}]: deprecated since v1.8; use \"storageClassName\" attribute instead");
    }
}
