using System.Diagnostics;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Nodes that renew their leases at a steady pace, each over a channel of its own, whether the server keeps up or not.</summary>
internal sealed class Heartbeats(Pump pump, string leases, int nodes) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private readonly List<IApiChannel> _channels = [.. Enumerable.Range(0, nodes).Select(_ => pump.Client.Open())];
    private readonly RequestTemplate _renew = pump.Client.Request("PUT", $"{leases}/node-{RequestTemplate.Placeholder}", Manifests.Lease("node"));

    /// <summary>Renews each lease a number of times.</summary>
    /// <param name="work">What to call it.</param>
    /// <param name="rounds">How often each is renewed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Measurement> RunAsync(string work, int rounds, CancellationToken cancellationToken)
    {
        var latencies = new Latencies(nodes * rounds);
        var meter = new CpuMeter(pump.Processes);
        await Task.WhenAll(Enumerable.Range(0, nodes).Select(node => Task.Run(() => RenewAsync(node), cancellationToken)));

        // As in Pump: not where a connection reads.
        await Task.Yield();
        return meter.Stop(work, latencies);

        async Task RenewAsync(int node)
        {
            // Nodes were not all started at one moment.
            await Task.Delay(Interval * node / nodes, TimeProvider.System, cancellationToken);
            using var timer = new PeriodicTimer(Interval, TimeProvider.System);
            for (var round = 0; round < rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                try
                {
                    if ((await _channels[node].SendAsync(_renew, node)).IsSuccess)
                        latencies.Succeeded(node * rounds + round, started);
                    else
                        latencies.Fail(node * rounds + round);
                }
                catch (IOException)
                {
                    latencies.Fail(node * rounds + round);
                }

                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            await channel.DisposeAsync();
    }
}
