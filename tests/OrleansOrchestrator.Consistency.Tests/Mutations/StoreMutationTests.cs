using OrleansOrchestrator.Consistency.Tests.Checking;
using OrleansOrchestrator.Consistency.Tests.Histories;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Consistency.Tests.Mutations;

/// <summary>
/// The store with faults before and after every durable step keeps its promises, and so do two activations at once; with a
/// promise broken on purpose, the checker notices.
/// </summary>
public sealed class StoreMutationTests : IAsyncDisposable
{
    private static readonly ControlPlaneOptions Options = new()
    {
        Store = new StoreOptions
        {
            ReadLease = TimeSpan.FromMilliseconds(100),
            UnavailableGrace = TimeSpan.FromMilliseconds(200),
            CommitTimeout = TimeSpan.FromMilliseconds(150),
            FollowWait = TimeSpan.FromMilliseconds(200),
        },
    };

    private readonly List<TestSilo> _silos = [];
    private readonly int _seed = Random.Shared.Next(1, 1_000_000);
    private ScriptedLog _log = new();

    [Theory]
    [InlineData(StoreStep.Open, false)]
    [InlineData(StoreStep.Open, true)]
    [InlineData(StoreStep.Commit, false)]
    [InlineData(StoreStep.Commit, true)]
    [InlineData(StoreStep.Resolve, false)]
    [InlineData(StoreStep.Resolve, true)]
    [InlineData(StoreStep.RenewLease, false)]
    [InlineData(StoreStep.RenewLease, true)]
    [InlineData(StoreStep.Publish, false)]
    [InlineData(StoreStep.Publish, true)]
    [InlineData(StoreStep.Release, false)]
    public async Task Store_FaultsAroundAStep_KeepsEveryPromise(object step, bool after)
    {
        var faults = new RandomFaults(_seed) { Percent = 15 };
        (after ? faults.After : faults.Before)[(StoreStep)step] = FaultOf((StoreStep)step, after);

        // A step that follows a fault only is reached through others.
        if ((StoreStep)step is StoreStep.Open or StoreStep.Release)
            faults.Before[StoreStep.Publish] = static () => new InvalidOperationException("a crash on purpose");
        else if ((StoreStep)step == StoreStep.Resolve)
            faults.After[StoreStep.Commit] = static () => new OutcomeUnknownException("an answer lost on purpose");
        await StartAsync(1, faults);

        var history = await RunAsync(faults);

        HistoryChecker.ShouldHold(history, $"seed {_seed}, {faults.Strikes} faults");
        if ((StoreStep)step != StoreStep.RenewLease)
            faults.Strikes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Store_TwoActivationsAtOnce_KeepEveryPromise()
    {
        await StartAsync(2, null);
        var history = await RunAsync(null, operationsEach: 30);
        HistoryChecker.ShouldHold(history, $"seed {_seed}");
        history.Operations.Count(operation => operation.Outcome == Outcome.Ok).ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task Store_AcknowledgingBeforeDurable_IsCaught()
    {
        var faults = new RandomFaults(_seed) { Percent = 10, Skipped = [StoreStep.Commit] };
        await StartAsync(1, faults);
        ShouldBreak(await RunAsync(faults, isBroken: true), Rule.Durable);
        faults.Strikes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Store_WithoutEpochCheck_IsCaught()
    {
        _log = new ScriptedLog { IgnoresEpochs = true };
        await StartAsync(2, null);
        ShouldBreak(await RunAsync(null, isBroken: true), Rule.Ordered, Rule.Linearizable);
    }

    [Fact]
    public async Task Store_WithoutReadLease_IsCaught()
    {
        // The first silo's activation is replaced by the second's, and goes on to answer reads: nobody writes through it.
        var faults = new RandomFaults(_seed) { Percent = 100, Skipped = [StoreStep.RenewLease] };
        _silos.Add(await TestSilo.StartAsync(_log, Options, faults: faults));
        await _silos[0].StoreGrain("configmaps").GetHeadAsync();
        _silos.Add(await TestSilo.StartAsync(_log, Options));
        await _silos[1].StoreGrain("configmaps").GetHeadAsync();
        ShouldBreak(await RunAsync(faults, isBroken: true, readOnly: _silos[0]), Rule.Linearizable);
    }

    [Fact]
    public async Task Watch_LeavingAChangeOut_IsCaught()
    {
        var faults = new RandomFaults(_seed) { Percent = 30, Skipped = [StoreStep.Offer] };
        await StartAsync(1, faults);
        ShouldBreak(await RunAsync(faults, isBroken: true), Rule.Watched);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.DisposeAsync();
    }

    private static Func<Exception> FaultOf(StoreStep step, bool after) => (step, after) switch
    {
        (StoreStep.Commit, true) => static () => new OutcomeUnknownException("an answer lost on purpose"),
        (StoreStep.Publish, _) => static () => new InvalidOperationException("a crash on purpose"),
        _ => static () => new LogUnavailableException("away on purpose"),
    };

    private void ShouldBreak(History history, params Rule[] rules)
    {
        var broken = HistoryChecker.Find(history);
        foreach (var rule in rules)
            broken.ShouldContain(finding => finding.Rule == rule, $"seed {_seed}: {rule} holds; broken: {string.Join("; ", broken.Take(3))}");
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {_seed}: {broken.Count} findings, the first: {broken[0]}");
    }

    private async Task StartAsync(int count, IFaultPoints? faults)
    {
        for (var i = 0; i < count; i++)
            _silos.Add(await TestSilo.StartAsync(_log, Options, faults: faults));
    }

    /// <summary>Runs clients on all silos; afterwards the faults end, and a new activation reads what is durable.</summary>
    private Task<History> RunAsync(RandomFaults? faults, bool isBroken = false, int operationsEach = 60, TestSilo? readOnly = null)
    {
        var workload = new StoreWorkload(_silos, _log, _seed)
        {
            OperationsEach = operationsEach,
            ReadOnly = readOnly is null ? [] : [readOnly],
            DrainsWithin = TimeSpan.FromSeconds(isBroken ? 1 : 20),
        };
        return workload.RunAsync(() =>
        {
            faults?.IsOn = false;
            _log.TakeOver("configmaps");
            return Task.CompletedTask;
        });
    }
}
