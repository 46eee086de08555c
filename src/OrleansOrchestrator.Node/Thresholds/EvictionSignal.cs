using System.Collections.Frozen;

namespace OrleansOrchestrator.Node.Thresholds;

/// <summary>Something of the node of which too little may be left.</summary>
/// <remarks>See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#eviction-signals.</remarks>
/// <param name="Name">The name in options.</param>
/// <param name="Condition">The node's condition that shows the shortage.</param>
/// <param name="Resource">The resource in messages.</param>
internal sealed record EvictionSignal(string Name, PressureCondition Condition, string Resource)
{
    public static readonly EvictionSignal MemoryAvailable = new("memory.available", PressureCondition.Memory, "memory");
    public static readonly EvictionSignal NodeFsAvailable = new("nodefs.available", PressureCondition.Disk, "ephemeral-storage");
    public static readonly EvictionSignal NodeFsInodesFree = new("nodefs.inodesFree", PressureCondition.Disk, "inodes");
    public static readonly EvictionSignal ImageFsAvailable = new("imagefs.available", PressureCondition.Disk, "ephemeral-storage");
    public static readonly EvictionSignal ImageFsInodesFree = new("imagefs.inodesFree", PressureCondition.Disk, "inodes");
    public static readonly EvictionSignal PidAvailable = new("pid.available", PressureCondition.Pid, "pids");

    private static readonly FrozenDictionary<string, EvictionSignal> ByName =
        new[] { MemoryAvailable, NodeFsAvailable, NodeFsInodesFree, ImageFsAvailable, ImageFsInodesFree, PidAvailable }.ToFrozenDictionary(signal => signal.Name);

    /// <summary>The names of all signals.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether amounts are bytes rather than numbers.</summary>
    public bool IsInBytes => Resource is "memory" or "ephemeral-storage";

    /// <summary>Whether it is about the disk of images.</summary>
    public bool IsOfImages => this == ImageFsAvailable || this == ImageFsInodesFree;

    /// <summary>The signal of a name; null if there is none.</summary>
    public static EvictionSignal? Find(string name) => ByName.GetValueOrDefault(name);

    public override string ToString() => Name;
}
