using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Telemetry;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class LeaseAgentTests
{
    [Fact]
    public async Task Renew_AfterASilence_TellsThatItReturned()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var returns = 0;
        using var instruments = new NodeInstruments();
        var times = new FencingTimes { LeaseDuration = TimeSpan.FromSeconds(1) };
        var clock = new LeaseClock(TimeProvider.System, null);
        var agent = new LeaseAgent(
            connection, "a", times, TimeSpan.FromMilliseconds(100), clock, new NodeVote("a", times, TimeProvider.System), new FencingViews("a", null), _ => true, () => Interlocked.Increment(ref returns), instruments, TimeProvider.System, NullLogger.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var run = agent.RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => Renewals(api) >= 2, "the lease is renewed");
        var before = Volatile.Read(ref returns);
        await api.PauseAsync();
        await Eventually.HoldsAsync(() => clock.SinceAcknowledged > TimeSpan.FromMilliseconds(800), "more than half of the lease is over");

        await api.ResumeAsync();

        await Eventually.HoldsAsync(() => Volatile.Read(ref returns) > before, "it tells");
        await stop.CancelAsync();
        await run;
    }

    private static int Renewals(FakeApiServer api) => api.Requests.Count(r => r.StartsWith("PATCH", StringComparison.Ordinal));
}
