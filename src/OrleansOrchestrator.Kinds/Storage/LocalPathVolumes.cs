using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>
/// Volumes that are folders of a node. The control plane makes the PersistentVolume; the node's daemon makes the folder when the first
/// pod starts, and removes it when the volume is reclaimed.
/// </summary>
public static class LocalPathVolumes
{
    /// <summary>The name of the provisioner.</summary>
    public const string Provisioner = "orleansorchestrator.io/local-path";

    /// <summary>The name of the class that a cluster may get at its first start.</summary>
    public const string ClassName = "local-path";

    /// <summary>The finalizer of a volume, which stays until the node has removed the folder.</summary>
    public const string Finalizer = "orleansorchestrator.io/local-path";

    /// <summary>The annotation of a Node with the folder that holds its volumes; a node without it has none.</summary>
    public const string FolderAnnotation = "orleansorchestrator.io/local-path-folder";

    /// <summary>The annotation of a volume with the name of its node.</summary>
    public const string NodeAnnotation = "orleansorchestrator.io/local-path-node";

    /// <summary>The annotation of a volume whose node has begun to remove the folder. The node writes <see cref="AsksForOthers"/>; the
    /// control plane replaces that by the paths of others (<see cref="OthersOn"/>).</summary>
    public const string RemovedAnnotation = "orleansorchestrator.io/local-path-removed";

    /// <summary>The value of <see cref="RemovedAnnotation"/> that a node writes.</summary>
    public const string AsksForOthers = "true";

    /// <summary>The label by which a node finds its volumes; see <see cref="LabelOf"/>.</summary>
    public const string NodeLabel = "orleansorchestrator.io/local-path-node";

    private const int LabelLengthMax = 63;

    /// <summary>The folder for volumes on a node; null if it has none, as a hollow node or one of another kubelet.</summary>
    public static string? FolderOf(V1Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Metadata.Annotations?.TryGetValue(FolderAnnotation, out var folder) is true && !string.IsNullOrEmpty(folder)
            && node.Metadata.Labels?.ContainsKey(TopologyLabels.Hostname) is true ? folder : null;
    }

    /// <summary>The node of a volume; null if the volume is not one of a node's folders.</summary>
    public static string? NodeOf(V1PersistentVolume volume) =>
        volume.Metadata.Annotations?.TryGetValue(NodeAnnotation, out var node) is true && !string.IsNullOrEmpty(node) ? node : null;

    /// <summary>
    /// Whether the data of a volume goes with it: its policy says so, and it was a claim's. An administrator who frees a volume of its
    /// claim means to use the data again.
    /// </summary>
    public static bool LosesData(V1PersistentVolume volume) =>
        volume.Spec is { PersistentVolumeReclaimPolicy: ReclaimPolicies.Delete, Local: not null, ClaimRef.Uid.Length: > 0 };

    /// <summary>Whether the node of a volume is to remove the folder: the volume is deleted with its data, and no claim holds it.</summary>
    public static bool MustBeRemoved(V1PersistentVolume volume) =>
        volume.Metadata.DeletionTimestamp is not null && LosesData(volume)
        && volume.Metadata.Finalizers?.Contains(Finalizer) is true
        && !volume.Metadata.Finalizers.Contains(VolumeMetadataKeys.VolumeProtection);

    /// <summary>The paths of the volumes on a node that it does not follow by <see cref="NodeLabel"/>, by the names of the volumes.</summary>
    /// <param name="node">The node.</param>
    /// <param name="volumes">All volumes but the removed one.</param>
    public static IReadOnlyDictionary<string, string> OthersOn(string node, IEnumerable<V1PersistentVolume> volumes) =>
        (from volume in volumes
         let path = volume.Spec?.Local?.Path ?? volume.Spec?.HostPath?.Path
         where !string.IsNullOrEmpty(path) && !IsKnownTo(node, volume) && !MustBeRemoved(volume) && (volume.Topology?.Hostnames is not { } hosts || hosts.Contains(node))
         select KeyValuePair.Create(volume.Metadata.Name, path)).ToDictionary(StringComparer.Ordinal);

    private static bool IsKnownTo(string node, V1PersistentVolume volume) =>
        volume.Metadata.Labels is { } labels && labels.TryGetValue(NodeLabel, out var label) && label == LabelOf(node);

    /// <summary>The value of <see cref="NodeLabel"/> for a node. Names of nodes may be longer than labels; those end with a hash.</summary>
    public static string LabelOf(string nodeName)
    {
        if (nodeName.Length <= LabelLengthMax)
            return nodeName;
        var hash = 14695981039346656037ul;
        foreach (var character in nodeName)
            hash = (hash ^ character) * 1099511628211ul;
        return $"{nodeName[..(LabelLengthMax - 17)]}-{hash:x16}";
    }

    /// <summary>The class of these volumes.</summary>
    /// <param name="isDefault">Whether claims that do not name a class get it.</param>
    public static V1StorageClass ClassOf(bool isDefault) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = ClassName,
            Annotations = isDefault ? new Dictionary<string, string> { [StorageClasses.DefaultAnnotation] = "true" } : null,
        },
        Provisioner = Provisioner,
        ReclaimPolicy = ReclaimPolicies.Delete,
        VolumeBindingMode = StorageClasses.WaitForFirstConsumer,
    };
}
