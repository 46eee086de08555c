using k8s.Models;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>The sources of volumes. A volume has exactly one.</summary>
internal static class VolumeSources
{
    private static readonly (string Name, Func<V1Volume, object?> Get)[] All =
    [
        ("emptyDir", volume => volume.EmptyDir),
        ("hostPath", volume => volume.HostPath),
        ("configMap", volume => volume.ConfigMap),
        ("secret", volume => volume.Secret),
        ("projected", volume => volume.Projected),
        ("downwardAPI", volume => volume.DownwardAPI),
        ("persistentVolumeClaim", volume => volume.PersistentVolumeClaim),
        ("ephemeral", volume => volume.Ephemeral),
        ("csi", volume => volume.Csi),
        ("nfs", volume => volume.Nfs),
        ("image", volume => volume.Image),
        ("iscsi", volume => volume.Iscsi),
        ("fc", volume => volume.Fc),
        ("rbd", volume => volume.Rbd),
        ("cephfs", volume => volume.Cephfs),
        ("glusterfs", volume => volume.Glusterfs),
        ("gitRepo", volume => volume.GitRepo),
        ("flexVolume", volume => volume.FlexVolume),
        ("flocker", volume => volume.Flocker),
        ("cinder", volume => volume.Cinder),
        ("awsElasticBlockStore", volume => volume.AwsElasticBlockStore),
        ("gcePersistentDisk", volume => volume.GcePersistentDisk),
        ("azureDisk", volume => volume.AzureDisk),
        ("azureFile", volume => volume.AzureFile),
        ("vsphereVolume", volume => volume.VsphereVolume),
        ("photonPersistentDisk", volume => volume.PhotonPersistentDisk),
        ("portworxVolume", volume => volume.PortworxVolume),
        ("quobyte", volume => volume.Quobyte),
        ("scaleIO", volume => volume.ScaleIO),
        ("storageos", volume => volume.Storageos),
    ];

    /// <summary>The names of the sources that a volume has.</summary>
    public static IEnumerable<string> Of(V1Volume volume) =>
        All.Where(source => source.Get(volume) is not null).Select(source => source.Name);

    /// <summary>Whether a volume has no source.</summary>
    public static bool IsEmpty(V1Volume volume)
    {
        foreach (var source in All)
        {
            if (source.Get(volume) is not null)
                return false;
        }

        return true;
    }
}
