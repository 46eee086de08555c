using System.Diagnostics;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Cluster;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>
/// Ends each of two silos in turn like a crash while both are written to, and measures the longest time without an
/// acknowledged write. One of the two had the store of what is written; the API does not tell which.
/// </summary>
internal sealed class FailoverScenario : IScenario
{
    private const int Writers = 16;
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);

    public string Name => "failover";

    public string Summary => "kill -9 of each of two silos during writes: the longest time without an acknowledged one";

    public async Task RunAsync(LoadContext context)
    {
        var cluster = context.RequireLocal(Name);
        var name = await context.CreateNamespaceAsync();
        for (var round = 0; round < 2; round++)
        {
            while (cluster.Silos.Count < 2)
                await cluster.StartSiloAsync(CancellationToken.None);

            // The first silo of the list is the older one: it has what was activated before the other came.
            context.Report.Add(await KillAsync(cluster, cluster.Silos[0], name, round));
        }
    }

    private static async Task<Measurement> KillAsync(LocalCluster cluster, SiloUnderLoad victim, string name, int round)
    {
        var path = $"/api/v1/namespaces/{name}/configmaps";
        var clients = new List<ApiClient>();
        foreach (var silo in cluster.Silos)
            clients.Add(new ApiClient(await ApiTarget.FromKubeConfigAsync(silo.KubeConfig), ClientKind.Lean, usesHttp2: false));

        using var ending = new CancellationTokenSource();
        var next = round * 1_000_000;
        var first = next;
        var lastAcknowledged = Stopwatch.GetTimestamp();
        var longest = TimeSpan.Zero;
        var failures = 0;
        var gate = new Lock();
        var started = Stopwatch.GetTimestamp();
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer))).ToList();
        await Task.Delay(Before, TimeProvider.System);
        await cluster.KillAsync(victim);
        await Task.Delay(After, TimeProvider.System);
        await ending.CancelAsync();
        await Task.WhenAll(writers);
        foreach (var client in clients)
            await client.DisposeAsync();
        return new Measurement(
            $"kill -9 of silo {round + 1} of 2 during writes", next - first - failures, 0, Stopwatch.GetElapsedTime(started).TotalSeconds)
        {
            Load = Machine.Load(),
            Note = $"longest time without a write {longest.TotalSeconds:F2} s; {failures} tries failed",
        };

        async Task WriteAsync(int writer)
        {
            var creates = clients.ConvertAll(client => client.Request("POST", path, Manifests.ConfigMap("map")));
            var channels = clients.ConvertAll(client => client.Open());
            for (var at = writer; !ending.IsCancellationRequested;)
            {
                var number = Interlocked.Increment(ref next);
                if (await TryAsync(channels[at % channels.Count], creates[at % channels.Count], number))
                {
                    lock (gate)
                    {
                        var gap = Stopwatch.GetElapsedTime(lastAcknowledged);
                        longest = gap > longest ? gap : longest;
                        lastAcknowledged = Stopwatch.GetTimestamp();
                    }
                }
                else
                {
                    Interlocked.Increment(ref failures);
                    at++;
                    await Task.Delay(RetryPause, TimeProvider.System);
                }
            }

            foreach (var channel in channels)
                await channel.DisposeAsync();
        }
    }

    private static async Task<bool> TryAsync(IApiChannel channel, RequestTemplate create, int number)
    {
        try
        {
            return (await channel.SendAsync(create, number)).IsSuccess;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
