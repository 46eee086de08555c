using OrleansOrchestrator.Consistency.Tests.Clusters;
using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>A silo that is told of two servers, of which the one that it works with is lost.</summary>
public sealed class StandbyTests : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private PostgreSqlServer? _primary;
    private PostgreSqlServer? _standby;
    private ClusterSilo? _silo;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (PostgreSqlServer.Missing is not null)
            return;
        _primary = await PostgreSqlServer.StartAsync(Cancellation);
        await _primary.CreateDatabaseAsync("cluster", Cancellation);
        _standby = await PostgreSqlServer.StartStandbyAsync(_primary, Cancellation);
        await _primary.RequireStandbyAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { _silo, _standby, _primary })
        {
            if (part is not null)
                await part.DisposeAsync();
        }

        _scratch.Dispose();
    }

    [Fact]
    public async Task Silo_WhosePrimaryIsLost_GoesOnWithThePromotedStandby()
    {
        Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");
        var ports = FreePorts.Take(2);
        var proxy = FaultProxy.Start(_primary!.Port);

        // The standby comes first: which of them is the primary is found out, not assumed.
        var both = $"Host=127.0.0.1:{_standby!.Port},127.0.0.1:{proxy.Port};Username=postgres;Database=cluster";
        _silo = new ClusterSilo("silo", both, ports[0], ports[1], proxy, _scratch.At("silo"));
        await _silo.StartAsync(Cancellation);

        // A write that is on its way when the primary is lost may take as long as any request may.
        using var api = new ApiConnection(_silo.KubeConfig, CancellationToken.None, answerTimeout: TimeSpan.FromSeconds(65));
        var trial = new TroubleTrial(api, () => _silo.Log);

        await trial.EndureAsync("can be written to", _primary.KillAsync, () => _standby.PromoteAsync(Cancellation));
        _silo.IsRunning.ShouldBeTrue("no restart is needed");
    }
}
