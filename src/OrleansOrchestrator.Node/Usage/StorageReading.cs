using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>What was last found on disks. What could not be measured is null.</summary>
/// <param name="Time">When the file systems were measured.</param>
/// <param name="NodeFs">The file system of volumes and logs.</param>
/// <param name="ImageFs">That of images; null without images here.</param>
/// <param name="Pods">The pods, by their uids, each of its own time.</param>
internal sealed record StorageReading(
    DateTimeOffset Time, FileSystemUsage? NodeFs, FileSystemUsage? ImageFs, IReadOnlyDictionary<string, PodStorage> Pods);

/// <summary>What a pod has on disks.</summary>
/// <param name="Containers">Its containers, by their ids in the runtime.</param>
/// <param name="Volumes">Its volumes.</param>
internal sealed record PodStorage(IReadOnlyDictionary<string, ContainerFiles> Containers, IReadOnlyList<VolumeReading> Volumes);

/// <summary>What a container has on disks; null of what the runtime does not tell.</summary>
/// <param name="Root">What it has written to its own root.</param>
/// <param name="Logs">Its logs.</param>
internal sealed record ContainerFiles(StorageUsage? Root, StorageUsage? Logs);

/// <summary>A volume.</summary>
/// <param name="Time">When it was measured.</param>
/// <param name="Name">Its name in the pod.</param>
/// <param name="UsedBytes">What it uses.</param>
/// <param name="InodesUsed">The inodes that it uses.</param>
/// <param name="FileSystem">Where it is.</param>
/// <param name="Claim">The claim that it is; null for others.</param>
internal sealed record VolumeReading(DateTimeOffset Time, string Name, long? UsedBytes, long? InodesUsed, FileSystemUsage? FileSystem, ClaimReference? Claim);
