namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What files take on a disk.</summary>
/// <param name="Bytes">The allocated bytes.</param>
/// <param name="Inodes">The number of files and folders.</param>
internal readonly record struct StorageUsage(long Bytes, long Inodes)
{
    public static StorageUsage operator +(StorageUsage left, StorageUsage right) => new(left.Bytes + right.Bytes, left.Inodes + right.Inodes);
}

/// <summary>What a container has on the node's disks.</summary>
/// <param name="Root">What it has written to its own root, beyond its image.</param>
/// <param name="Logs">Its log.</param>
internal readonly record struct ContainerStorage(StorageUsage Root, StorageUsage Logs);
