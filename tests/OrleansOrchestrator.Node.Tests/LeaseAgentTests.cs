using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

public sealed class LeaseAgentTests
{
    [Fact]
    public async Task LimitInterval_Shorter_RenewsAtOnceAndThenThatOften()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var clock = new LeaseClock(TimeProvider.System, null);
        var agent = new LeaseAgent(
            connection, "a", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(20), clock, () => { }, TimeProvider.System, NullLogger.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var run = agent.RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => Renewals(api) == 1, "the lease is made");

        agent.LimitInterval(TimeSpan.FromSeconds(30)).ShouldBeFalse();
        agent.LimitInterval(TimeSpan.FromMilliseconds(300)).ShouldBeTrue();
        agent.LimitInterval(TimeSpan.FromMilliseconds(300)).ShouldBeFalse();

        await Eventually.HoldsAsync(() => Renewals(api) >= 4, "it is renewed often", seconds: 5);
        await stop.CancelAsync();
        await run;
        api.List<V1Lease>("apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/").Single().Spec.HolderIdentity.ShouldBe("a");
    }

    [Fact]
    public async Task Renew_AfterASilence_TellsThatItReturned()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var returns = 0;
        var clock = new LeaseClock(TimeProvider.System, null);
        var agent = new LeaseAgent(
            connection, "a", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), clock, () => Interlocked.Increment(ref returns), TimeProvider.System, NullLogger.Instance);
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
