using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Shutdown;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>logind holds up a shutdown of the machine for a daemon, on a real bus.</summary>
public sealed class ShutdownWatchTests : IAsyncDisposable
{
    private static readonly TimeSpan Needed = TimeSpan.FromSeconds(34);

    private readonly LogLines _log = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _podsEnded = new();
    private Task _watching = Task.CompletedTask;
    private int _shutdowns;
    private int _returns;

    [Fact]
    public async Task Machine_GoingDown_WaitsUntilThePodsHaveEnded()
    {
        await using var logind = await FakeLogind.StartAsync();
        await WatchAsync(logind);
        logind.Asked.ShouldBe("shutdown delay");

        logind.Say(true);

        await Eventually.IsAsync(() => _shutdowns, 1);
        logind.IsLocked.ShouldBeTrue();
        _podsEnded.SetResult();
        await Eventually.IsAsync(() => logind.IsLocked, false);
    }

    [Fact]
    public async Task Machine_GoingDownAlreadyWhenTheDaemonStarts_WaitsForThePods()
    {
        await using var logind = await FakeLogind.StartAsync();
        logind.IsGoingDown = true;

        Start(logind);

        await HoldsInTimeAsync(() => _shutdowns == 1);
        logind.Say(false);
        await LockedAsync(logind);
    }

    [Fact]
    public async Task Machine_ThatWaitsForEver_IsFollowed()
    {
        await using var logind = await FakeLogind.StartAsync(TimeSpan.MaxValue);
        await WatchAsync(logind);

        logind.Say(true);

        await Eventually.IsAsync(() => _shutdowns, 1);
    }

    [Fact]
    public async Task Shutdown_CalledOff_LetsTheNodeGoOnAndHoldsUpTheNextOne()
    {
        await using var logind = await FakeLogind.StartAsync();
        await WatchAsync(logind);

        logind.Say(true);
        await Eventually.IsAsync(() => _shutdowns, 1);
        logind.Say(false);

        await Eventually.IsAsync(() => (_returns, logind.Taken, logind.IsLocked), (1, 2, true));
        logind.Say(true);
        await Eventually.IsAsync(() => _shutdowns, 2);
    }

    [Fact]
    public async Task Shutdown_ThatSomebodyElseSpeaksOf_IsNone()
    {
        await using var logind = await FakeLogind.StartAsync();
        await WatchAsync(logind);

        await logind.PretendAsync(true);
        logind.Say(false);
        logind.Say(true);

        await Eventually.HoldsAsync(() => _shutdowns > 0);
        (_shutdowns, _returns).ShouldBe((1, 0));
    }

    [Fact]
    public async Task Logind_ThatWaitsTooShort_IsToldToWaitLonger()
    {
        await using var logind = await FakeLogind.StartAsync(delayMax: TimeSpan.FromSeconds(5));

        await WatchAsync(logind);

        logind.DelayMax.ShouldBe(Needed);
        _log.Lines.ShouldNotContain(line => line.Contains("unable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logind_ThatKeepsWaitingTooShort_IsToldOfAndUsedAnyway()
    {
        await using var logind = await FakeLogind.StartAsync(delayMax: TimeSpan.FromSeconds(5), readsConfiguration: false);

        await WatchAsync(logind);

        _log.Lines.ShouldContain(line => line.StartsWith(
            "node shutdown manager was unable to update logind InhibitDelayMaxSec to 34s (ShutdownGracePeriod), current value of InhibitDelayMaxSec (5s) is less than requested ShutdownGracePeriod",
            StringComparison.Ordinal));
    }

    [Fact]
    public async Task Machine_WithoutLogind_IsToldOfOnceAndAskedAgain()
    {
        await using var logind = FakeLogind.Absent();
        Start(logind);
        await Eventually.HoldsAsync(() => _log.Lines.Count == 1);
        await logind.StartBusAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        await logind.AppearAsync();

        await HoldsInTimeAsync(() => logind.IsLocked, TimeSpan.FromSeconds(3));

        _log.Lines.Count(line => line.Contains("no logind", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Logind_ThatWasRestarted_IsHeard()
    {
        await using var logind = await FakeLogind.StartAsync();
        await WatchAsync(logind);

        logind.Vanish();
        await logind.AppearAsync();
        logind.Say(true);

        await HoldsInTimeAsync(() => Volatile.Read(ref _shutdowns) == 1);
    }

    [Fact]
    public async Task Bus_ThatWasRestarted_IsUsedAgain()
    {
        await using var logind = await FakeLogind.StartAsync();
        await WatchAsync(logind);

        await logind.StopBusAsync();
        await logind.StartBusAsync();
        await logind.AppearAsync();

        await HoldsInTimeAsync(() => logind.Taken == 2);
        logind.IsLocked.ShouldBeTrue();
    }

    [Fact]
    public async Task Daemon_ThatEnds_GivesTheLockBack()
    {
        await using var logind = await FakeLogind.StartAsync();
        await WatchAsync(logind);

        await DisposeAsync();

        await Eventually.IsAsync(() => logind.IsLocked, false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
    }

    private async Task WatchAsync(FakeLogind logind)
    {
        Start(logind);
        await LockedAsync(logind);
    }

    private void Start(FakeLogind logind) => _watching = new ShutdownWatch(
        logind.At,
        Needed,
        async token =>
        {
            Interlocked.Increment(ref _shutdowns);
            await _podsEnded.Task.WaitAsync(token);
        },
        _ =>
        {
            Interlocked.Increment(ref _returns);
            _podsEnded.TrySetResult();
            return Task.CompletedTask;
        },
        _clock,
        _log).RunAsync(_stop.Token);

    private Task LockedAsync(FakeLogind logind) => HoldsInTimeAsync(() => logind.IsLocked);

    /// <summary>Waits for something while time passes. A call of logind may take 10 s.</summary>
    private Task HoldsInTimeAsync(Func<bool> condition, TimeSpan? pause = null) => Eventually.HoldsAsync(() =>
    {
        _clock.Advance(pause ?? TimeSpan.FromMilliseconds(100));
        return condition();
    });
}
