using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Eviction;

/// <summary>Which of a pod's files count as its ephemeral storage.</summary>
internal static class LocalStorage
{
    /// <summary>Whether a volume is in a folder of the node that belongs to the pod alone, and not in memory.</summary>
    public static bool IsOnDisk(V1Volume volume) => volume.ConfigMap is not null || volume.EmptyDir is { Medium: null or "" };

    /// <summary>What a pod has on the disks of the node.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="usage">What it uses.</param>
    /// <param name="withRoots">Whether the containers' own files count.</param>
    /// <param name="withRest">Whether logs and volumes count.</param>
    public static StorageUsage Of(V1Pod pod, PodUsage usage, bool withRoots, bool withRest)
    {
        var sum = withRoots ? usage.Roots : default;
        return withRest ? (pod.Spec.Volumes ?? []).Where(IsOnDisk).Aggregate(sum + usage.Logs, (all, volume) => all + usage.Volumes.GetValueOrDefault(volume.Name)) : sum;
    }
}
