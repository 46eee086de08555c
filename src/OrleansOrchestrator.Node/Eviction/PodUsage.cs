using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Eviction;

/// <summary>What a pod uses, as far as it was measured.</summary>
internal sealed record PodUsage
{
    /// <summary>Its running containers by name.</summary>
    public IReadOnlyDictionary<string, ContainerShare> Containers { get; init; } = new Dictionary<string, ContainerShare>();

    /// <summary>Its volumes on the node's disk or in its memory, by name.</summary>
    public IReadOnlyDictionary<string, StorageUsage> Volumes { get; init; } = new Dictionary<string, StorageUsage>();

    /// <summary>The number of its processes.</summary>
    public long Processes { get; init; }

    public long MemoryBytes => Containers.Values.Sum(container => container.MemoryBytes);

    public StorageUsage Roots => Containers.Values.Aggregate(default(StorageUsage), (sum, container) => sum + container.Storage.Root);

    public StorageUsage Logs => Containers.Values.Aggregate(default(StorageUsage), (sum, container) => sum + container.Storage.Logs);
}

/// <summary>What a container uses.</summary>
/// <param name="MemoryBytes">The memory that the kernel cannot take back at once.</param>
/// <param name="Storage">What it has on disks.</param>
internal readonly record struct ContainerShare(long MemoryBytes, ContainerStorage Storage);

/// <summary>A pod with what it uses.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Usage">What it uses; null if it could not be measured.</param>
/// <param name="IsPartial">Whether it uses at least that, because not all of its files could be measured in time.</param>
internal sealed record MeasuredPod(V1Pod Pod, PodUsage? Usage, bool IsPartial = false);
