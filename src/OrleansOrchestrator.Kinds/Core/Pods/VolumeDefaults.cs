using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>The defaults of volumes.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/core/v1/defaults.go.</remarks>
internal static class VolumeDefaults
{
    // 0644: the owner can write, all can read.
    private const int FileMode = 420;
    private const long TokenExpirationSeconds = 3600;

    public static void Apply(V1Volume volume)
    {
        if (VolumeSources.IsEmpty(volume))
            volume.EmptyDir = new V1EmptyDirVolumeSource();
        if (volume.HostPath is { } hostPath)
            hostPath.Type ??= "";
        if (volume.Secret is { } secret)
            secret.DefaultMode ??= FileMode;
        if (volume.ConfigMap is { } configMap)
            configMap.DefaultMode ??= FileMode;
        if (volume.DownwardAPI is { } downward)
        {
            downward.DefaultMode ??= FileMode;
            ApplyItems(downward.Items);
        }

        if (volume.Projected is { } projected)
            ApplyProjected(projected);
        if (volume.Iscsi is { } iscsi)
            iscsi.IscsiInterface = iscsi.IscsiInterface.Or("default");
        if (volume.Rbd is { } rbd)
        {
            rbd.Pool = rbd.Pool.Or("rbd");
            rbd.User = rbd.User.Or("admin");
            rbd.Keyring = rbd.Keyring.Or("/etc/ceph/keyring");
        }
    }

    private static void ApplyProjected(V1ProjectedVolumeSource projected)
    {
        projected.DefaultMode ??= FileMode;
        foreach (var source in projected.Sources.OrNone())
        {
            if (source.ServiceAccountToken is { } token)
                token.ExpirationSeconds ??= TokenExpirationSeconds;
            ApplyItems(source.DownwardAPI?.Items);
        }
    }

    private static void ApplyItems(IList<V1DownwardAPIVolumeFile>? items)
    {
        foreach (var item in items.OrNone())
        {
            if (item.FieldRef is { } field)
                field.ApiVersion = field.ApiVersion.Or("v1");
        }
    }
}
