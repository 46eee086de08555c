using System.Net;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Cluster;
using OrleansOrchestrator.LoadTests.Measuring;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>What a silo, and its database for all silos, hold at a moment.</summary>
/// <param name="MemoryBytes">The silo's memory.</param>
/// <param name="Files">Its open files, sockets among them.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Watches">Watches that it says it serves; -1 if it did not say.</param>
/// <param name="Sessions">Sessions of all silos at the database; -1 if it did not say.</param>
internal sealed record Holdings(long MemoryBytes, int Files, int Threads, long Watches, long Sessions)
{
    public static async Task<Holdings> MeasureAsync(LocalCluster cluster, SiloUnderLoad silo) => new(
        new ProcessGroup("silo", silo.Id).MemoryBytes(),
        Directory.GetFileSystemEntries($"/proc/{silo.Id}/fd").Length,
        Directory.GetFileSystemEntries($"/proc/{silo.Id}/task").Length,
        await CountWatchesAsync(silo),
        await cluster.CountSessionsAsync());

    private static async Task<long> CountWatchesAsync(SiloUnderLoad silo)
    {
        try
        {
            var target = await ApiTarget.FromKubeConfigAsync(silo.KubeConfig);
            using var shared = FrameworkChannel.Share(target);
            using var answer = await FrameworkChannel.GetAsync(
                target, shared, new RequestTemplate(target, "GET", "/metrics"), 0, HttpVersion.Version20, CancellationToken.None);
            return SiloMetrics.CountWatches(await answer.Content.ReadAsStringAsync());
        }
        catch (Exception busy) when (busy is IOException or HttpRequestException)
        {
            return -1;
        }
    }
}
