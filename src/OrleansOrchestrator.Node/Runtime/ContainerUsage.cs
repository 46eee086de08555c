namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What a container has used up to a moment.</summary>
/// <param name="CpuNanoseconds">The processor time since its start.</param>
/// <param name="WorkingSetBytes">The memory that the kernel cannot take back at once.</param>
internal readonly record struct ContainerUsage(long CpuNanoseconds, long WorkingSetBytes)
{
    /// <summary>What else the kernel tells; null if it was not asked.</summary>
    public UsageDetails? Details { get; init; }
}

/// <summary>What the kernel tells of a cgroup besides. What it does not tell is null.</summary>
internal sealed record UsageDetails
{
    public long? CpuUserNanoseconds { get; init; }

    public long? CpuSystemNanoseconds { get; init; }

    /// <summary>The periods in which it ran with a limit.</summary>
    public long? Periods { get; init; }

    /// <summary>Those in which it had to wait.</summary>
    public long? ThrottledPeriods { get; init; }

    public long? ThrottledNanoseconds { get; init; }

    /// <summary>All memory, with files that the kernel keeps.</summary>
    public long? MemoryBytes { get; init; }

    public long? MemoryPeakBytes { get; init; }

    /// <summary>The memory that is no file's.</summary>
    public long? RssBytes { get; init; }

    public long? CacheBytes { get; init; }

    public long? MappedFileBytes { get; init; }

    public long? SwapBytes { get; init; }

    public long? PageFaults { get; init; }

    public long? MajorPageFaults { get; init; }

    /// <summary>How often it reached its limit of memory.</summary>
    public long? MemoryFailures { get; init; }

    public long? OomKills { get; init; }

    public long? Threads { get; init; }

    public long? ThreadsMax { get; init; }

    /// <summary>What it has read and written, by disk.</summary>
    public IReadOnlyList<DiskTraffic> Disks { get; init; } = [];
}

/// <summary>What processes have read from a disk and written to it.</summary>
/// <param name="Device">The disk's numbers, as in <c>8:0</c>.</param>
/// <param name="ReadBytes">Read bytes.</param>
/// <param name="WrittenBytes">Written bytes.</param>
/// <param name="Reads">Reads.</param>
/// <param name="Writes">Writes.</param>
internal readonly record struct DiskTraffic(string Device, long ReadBytes, long WrittenBytes, long? Reads, long? Writes);
