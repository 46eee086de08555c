using System.Collections.Frozen;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>The sources of persistent volumes. A volume has exactly one.</summary>
public static class PersistentVolumeSources
{
    private static readonly FrozenSet<string> Names = FrozenSet.Create(
        StringComparer.Ordinal,
        "gcePersistentDisk", "awsElasticBlockStore", "hostPath", "glusterfs", "nfs", "rbd", "iscsi", "cinder", "cephfs", "fc", "flocker",
        "flexVolume", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO", "local",
        "storageos", "csi");

    /// <summary>The sources of a volume by their names.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Of(V1PersistentVolumeSpec spec)
    {
        var json = JsonSerializer.SerializeToElement(spec, ObjectCodec.Options);
        return json.EnumerateObject()
            .Where(property => Names.Contains(property.Name))
            .ToDictionary(property => property.Name, property => property.Value, StringComparer.Ordinal);
    }
}
