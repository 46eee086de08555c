using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Model.Statistics;

/// <summary>What a node and its containers use, as a node daemon answers it: the kubelet's summary.</summary>
/// <remarks>
/// See k8s.io/kubelet/pkg/apis/stats/v1alpha1. <see cref="CpuStats.WindowNanoSeconds"/> is our own field. What could not be measured is
/// null, and is left out.
/// </remarks>
/// <param name="Node">The node as a whole.</param>
/// <param name="Pods">Its pods with a running container.</param>
public sealed record StatsSummary(NodeStats Node, IReadOnlyList<PodStats> Pods)
{
    /// <summary>The daemon's path.</summary>
    public const string Path = "/stats/summary";

    /// <summary>How it is written.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}

/// <summary>What a node uses.</summary>
/// <param name="NodeName">The node.</param>
/// <param name="Cpu">Processor time.</param>
/// <param name="Memory">Memory.</param>
public sealed record NodeStats(string NodeName, CpuStats? Cpu, MemoryStats? Memory)
{
    /// <summary>The parts of the machine that are no pods.</summary>
    public IReadOnlyList<ContainerStats>? SystemContainers { get; init; }

    /// <summary>When the machine was started.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>The machine's network.</summary>
    public NetworkStats? Network { get; init; }

    /// <summary>The file system of volumes and logs.</summary>
    public FileSystemStats? Fs { get; init; }

    /// <summary>The disks of the container runtime.</summary>
    public RuntimeStats? Runtime { get; init; }

    /// <summary>Process ids.</summary>
    public ProcessLimitStats? Rlimit { get; init; }

    /// <summary>Swap.</summary>
    public SwapStats? Swap { get; init; }
}

/// <summary>The disks of the container runtime.</summary>
/// <param name="ImageFs">That of images.</param>
/// <param name="ContainerFs">That of the containers' own files.</param>
public sealed record RuntimeStats(FileSystemStats? ImageFs, FileSystemStats? ContainerFs);

/// <summary>Process ids of a node.</summary>
/// <param name="Time">The moment.</param>
/// <param name="Maxpid">The most that there can be.</param>
/// <param name="Curproc">Those in use.</param>
public sealed record ProcessLimitStats(DateTimeOffset Time, long? Maxpid, long? Curproc);

/// <summary>Swap at a moment.</summary>
/// <param name="Time">The moment.</param>
/// <param name="SwapAvailableBytes">What is left.</param>
/// <param name="SwapUsageBytes">What is used.</param>
public sealed record SwapStats(DateTimeOffset Time, long? SwapAvailableBytes, long? SwapUsageBytes);

/// <summary>What a pod uses.</summary>
/// <param name="PodRef">The pod.</param>
/// <param name="Containers">Its running containers.</param>
public sealed record PodStats(PodReference PodRef, IReadOnlyList<ContainerStats> Containers)
{
    /// <summary>When its node took it.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>The processor time of all of its processes.</summary>
    public CpuStats? Cpu { get; init; }

    /// <summary>The memory of all of its processes.</summary>
    public MemoryStats? Memory { get; init; }

    /// <summary>Its network; null on that of the host.</summary>
    public NetworkStats? Network { get; init; }

    /// <summary>Its volumes.</summary>
    [JsonPropertyName("volume")]
    public IReadOnlyList<VolumeStats>? Volumes { get; init; }

    /// <summary>What its containers, their logs and its own volumes have on the node's disks together.</summary>
    [JsonPropertyName("ephemeral-storage")]
    public FileSystemStats? EphemeralStorage { get; init; }

    /// <summary>Its processes.</summary>
    [JsonPropertyName("process_stats")]
    public ProcessStats? ProcessStats { get; init; }

    /// <summary>Swap.</summary>
    public SwapStats? Swap { get; init; }
}

/// <summary>Processes of a pod.</summary>
/// <param name="ProcessCount">Their number.</param>
public sealed record ProcessStats([property: JsonPropertyName("process_count")] long ProcessCount);

/// <summary>Names a pod.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Uid">Its uid.</param>
public sealed record PodReference(string Name, string Namespace, string Uid);

/// <summary>What a container uses.</summary>
/// <param name="Name">The container.</param>
/// <param name="Cpu">Processor time; null as long as it was measured only once.</param>
/// <param name="Memory">Memory.</param>
public sealed record ContainerStats(string Name, CpuStats? Cpu, MemoryStats Memory)
{
    /// <summary>When it was started.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>What it has written to its own root.</summary>
    public FileSystemStats? Rootfs { get; init; }

    /// <summary>Its logs.</summary>
    public FileSystemStats? Logs { get; init; }

    /// <summary>Swap.</summary>
    public SwapStats? Swap { get; init; }
}

/// <summary>Processor time over a window.</summary>
/// <param name="Time">The end of the window.</param>
/// <param name="WindowNanoSeconds">The length of the window.</param>
/// <param name="UsageNanoCores">Processors in use, in billionths, on average over the window.</param>
/// <param name="UsageCoreNanoSeconds">Processor time since the start.</param>
public sealed record CpuStats(DateTimeOffset Time, long WindowNanoSeconds, long UsageNanoCores, long UsageCoreNanoSeconds);

/// <summary>Memory at a moment.</summary>
/// <param name="Time">The moment.</param>
/// <param name="WorkingSetBytes">The memory that the kernel cannot take back at once.</param>
public sealed record MemoryStats(DateTimeOffset Time, long WorkingSetBytes)
{
    /// <summary>What is left below the limit; null without a limit.</summary>
    public long? AvailableBytes { get; init; }

    /// <summary>All memory in use, with files that the kernel keeps.</summary>
    public long? UsageBytes { get; init; }

    /// <summary>The memory that is no file's.</summary>
    public long? RssBytes { get; init; }

    /// <summary>Page faults since the start.</summary>
    public long? PageFaults { get; init; }

    /// <summary>Page faults for which a disk was read.</summary>
    public long? MajorPageFaults { get; init; }
}

/// <summary>The network of a node or pod: its main interface, and all of them.</summary>
/// <param name="Time">The moment.</param>
/// <param name="Interfaces">All interfaces.</param>
public sealed record NetworkStats(DateTimeOffset Time, IReadOnlyList<InterfaceStats> Interfaces)
{
    /// <summary>The main interface.</summary>
    public string? Name { get; init; }

    /// <summary>Received bytes of the main interface.</summary>
    public long? RxBytes { get; init; }

    /// <summary>Faults in receiving of the main interface.</summary>
    public long? RxErrors { get; init; }

    /// <summary>Sent bytes of the main interface.</summary>
    public long? TxBytes { get; init; }

    /// <summary>Faults in sending of the main interface.</summary>
    public long? TxErrors { get; init; }
}

/// <summary>One network interface since it was made.</summary>
/// <param name="Name">The interface.</param>
/// <param name="RxBytes">Received bytes.</param>
/// <param name="RxErrors">Faults in receiving.</param>
/// <param name="TxBytes">Sent bytes.</param>
/// <param name="TxErrors">Faults in sending.</param>
public sealed record InterfaceStats(string Name, long RxBytes, long RxErrors, long TxBytes, long TxErrors);

/// <summary>A file system, or a part of it.</summary>
/// <param name="Time">The moment.</param>
public record FileSystemStats(DateTimeOffset Time)
{
    /// <summary>What is left of the file system.</summary>
    public long? AvailableBytes { get; init; }

    /// <summary>The size of the file system.</summary>
    public long? CapacityBytes { get; init; }

    /// <summary>What the part uses.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>The inodes that are left.</summary>
    public long? InodesFree { get; init; }

    /// <summary>All inodes.</summary>
    public long? Inodes { get; init; }

    /// <summary>The inodes that the part uses.</summary>
    public long? InodesUsed { get; init; }
}

/// <summary>A volume of a pod.</summary>
/// <param name="Time">The moment.</param>
/// <param name="Name">The volume.</param>
public sealed record VolumeStats(DateTimeOffset Time, string Name) : FileSystemStats(Time)
{
    /// <summary>The claim that it is; null for other volumes.</summary>
    public ClaimReference? PvcRef { get; init; }
}

/// <summary>Names a claim.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its namespace.</param>
public sealed record ClaimReference(string Name, string Namespace);
