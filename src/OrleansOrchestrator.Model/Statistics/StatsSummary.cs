namespace OrleansOrchestrator.Model.Statistics;

/// <summary>What a node and its containers use, as a node daemon answers it: the part of the kubelet's summary that metrics need.</summary>
/// <remarks>See k8s.io/kubelet/pkg/apis/stats/v1alpha1. <see cref="CpuStats.WindowNanoSeconds"/> is our own field.</remarks>
/// <param name="Node">The node as a whole.</param>
/// <param name="Pods">Its pods with a running container.</param>
public sealed record StatsSummary(NodeStats Node, IReadOnlyList<PodStats> Pods)
{
    /// <summary>The daemon's path.</summary>
    public const string Path = "/stats/summary";
}

/// <summary>What a node uses.</summary>
/// <param name="NodeName">The node.</param>
/// <param name="Cpu">Processor time; null if it is not known.</param>
/// <param name="Memory">Memory; null if it is not known.</param>
public sealed record NodeStats(string NodeName, CpuStats? Cpu, MemoryStats? Memory);

/// <summary>What a pod uses.</summary>
/// <param name="PodRef">The pod.</param>
/// <param name="Containers">Its running containers.</param>
public sealed record PodStats(PodReference PodRef, IReadOnlyList<ContainerStats> Containers);

/// <summary>Names a pod.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Uid">Its uid.</param>
public sealed record PodReference(string Name, string Namespace, string Uid);

/// <summary>What a container uses.</summary>
/// <param name="Name">The container.</param>
/// <param name="Cpu">Processor time; null as long as it was measured only once.</param>
/// <param name="Memory">Memory.</param>
public sealed record ContainerStats(string Name, CpuStats? Cpu, MemoryStats Memory);

/// <summary>Processor time over a window.</summary>
/// <param name="Time">The end of the window.</param>
/// <param name="WindowNanoSeconds">The length of the window.</param>
/// <param name="UsageNanoCores">Processors in use, in billionths, on average over the window.</param>
/// <param name="UsageCoreNanoSeconds">Processor time since the start.</param>
public sealed record CpuStats(DateTimeOffset Time, long WindowNanoSeconds, long UsageNanoCores, long UsageCoreNanoSeconds);

/// <summary>Memory at a moment.</summary>
/// <param name="Time">The moment.</param>
/// <param name="WorkingSetBytes">The memory that the kernel cannot take back at once.</param>
public sealed record MemoryStats(DateTimeOffset Time, long WorkingSetBytes);
