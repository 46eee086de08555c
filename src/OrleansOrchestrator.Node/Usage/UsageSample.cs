using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>What the kernel told of everything at one moment.</summary>
/// <param name="TakenAt">When, by the monotonic clock.</param>
/// <param name="Time">When.</param>
/// <param name="Pods">The pods, with what the runtime has of them.</param>
/// <param name="Containers">What running containers use, by their ids in the runtime.</param>
/// <param name="Readings">What is told of pods as a whole, by their uids.</param>
/// <param name="Machine">The machine.</param>
internal sealed record UsageSample(
    long TakenAt,
    DateTimeOffset Time,
    IReadOnlyList<(V1Pod Pod, PodSandbox Sandbox)> Pods,
    IReadOnlyDictionary<string, ContainerUsage> Containers,
    IReadOnlyDictionary<string, PodReading> Readings,
    ContainerUsage? Machine)
{
    /// <summary>The parts of the machine that are no pods, by the kubelet's names.</summary>
    public IReadOnlyDictionary<string, ContainerUsage> SystemParts { get; init; } = new Dictionary<string, ContainerUsage>();

    /// <summary>The machine's network.</summary>
    public IReadOnlyList<InterfaceUsage>? Network { get; init; }

    /// <summary>The pods of which every running container was measured. Without one of its containers a pod would look idle.</summary>
    public IEnumerable<(V1Pod Pod, PodSandbox Sandbox)> Measured =>
        Pods.Where(one => one.Sandbox.Running.Any() && one.Sandbox.Running.All(container => Containers.ContainsKey(container.Id)));
}
