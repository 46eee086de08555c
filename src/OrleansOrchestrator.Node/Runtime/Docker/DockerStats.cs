using Docker.DotNet;
using Docker.DotNet.Models;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Asks the engine what a container has used.</summary>
internal static class DockerStats
{
    /// <summary>The usage of a container; null if it does not run.</summary>
    public static async Task<ContainerUsage?> ReadAsync(DockerClient client, string containerId, CancellationToken cancellationToken)
    {
        var receiver = new Receiver();
        // Otherwise the engine would wait a second for a second sample.
        await client.Containers.GetContainerStatsAsync(containerId, new ContainerStatsParameters { Stream = false, OneShot = true }, receiver, cancellationToken);
        if (receiver.Last is not { CPUStats.CPUUsage: { } cpu, MemoryStats: { Usage: > 0 and var used } memory })
            return null;
        var inactive = memory.Stats is { } stats && (stats.TryGetValue("inactive_file", out var bytes) || stats.TryGetValue("total_inactive_file", out bytes)) ? bytes : 0;
        return new ContainerUsage((long)cpu.TotalUsage, Math.Max(0, (long)used - (long)inactive));
    }

    private sealed class Receiver : IProgress<ContainerStatsResponse>
    {
        public ContainerStatsResponse? Last { get; private set; }

        public void Report(ContainerStatsResponse value) => Last = value;
    }
}
