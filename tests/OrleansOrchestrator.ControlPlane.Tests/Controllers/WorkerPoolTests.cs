using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>Runs the loop one turn at a time, as a grain does.</summary>
public sealed class WorkerPoolTests : IAsyncDisposable
{
    private static readonly ControllerOptions Options = new() { ConcurrencyMax = 2, BackoffBase = TimeSpan.FromSeconds(1), BackoffMax = TimeSpan.FromSeconds(8) };
    private static readonly WorkOutcome Succeeded = new(true, null);

    private readonly TaskFactory _turns = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly WorkerPool<string> _loop;
    private readonly List<(string Key, TaskCompletionSource<WorkOutcome> End)> _begun = [];
    private readonly List<string> _setAside = [];
    private readonly Task _running;

    public WorkerPoolTests()
    {
        _loop = new WorkerPool<string>("test", key => key.Split('/')[0], Options, _time, NullLogger.Instance);
        _running = _turns.StartNew(() => _loop.RunAsync(WorkAsync, (key, fault) => _setAside.Add($"{key}: {fault.Message}"), _stopping.Token)).Unwrap();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    [Fact]
    public async Task AKeyAddedDuringItsWork_RunsAgainAfterwards_AndNeverBeside()
    {
        await AddAsync("a");
        await AddAsync("a");
        (await BegunAsync()).ShouldBe(["a"]);
        await EndAsync(0, Succeeded);
        (await BegunAsync()).ShouldBe(["a", "a"]);
        await EndAsync(1, Succeeded);
        (await BegunAsync()).Length.ShouldBe(2);
    }

    [Fact]
    public async Task WorkerPool_MoreKeysThanTheBound_WaitForAFreePlace()
    {
        foreach (var key in new[] { "a", "b", "c" })
            await AddAsync(key);
        (await BegunAsync()).ShouldBe(["a", "b"]);
        await EndAsync(1, Succeeded);
        (await BegunAsync()).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task AFailedKey_RunsAgainAfterItsBackoff_AndNotBefore()
    {
        await AddAsync("a");
        await EndAsync(0, new WorkOutcome(false, null));
        await AdvanceAsync(TimeSpan.FromSeconds(1) - TimeSpan.FromMilliseconds(1));
        (await BegunAsync()).Length.ShouldBe(1);
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));
        (await BegunAsync()).Length.ShouldBe(2);
        await EndAsync(1, new WorkOutcome(false, null));
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        (await BegunAsync()).Length.ShouldBe(2);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        (await BegunAsync()).Length.ShouldBe(3);
    }

    [Fact]
    public async Task AnOutcomeThatAsksForAnotherLook_GetsItThen_Once()
    {
        await AddAsync("a");
        await EndAsync(0, new WorkOutcome(true, TimeSpan.FromSeconds(30)));
        await AddAsync("a");
        await EndAsync(1, new WorkOutcome(true, TimeSpan.FromSeconds(30)));
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        (await BegunAsync()).Length.ShouldBe(3);
        await EndAsync(2, Succeeded);
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        (await BegunAsync()).Length.ShouldBe(3);
    }

    [Fact]
    public async Task ManyKeysOverAndOver_AllRun_NoneTwiceAtOnce()
    {
        const int keys = 20, rounds = 50;
        var runs = new Dictionary<string, int>();
        var running = new HashSet<string>();
        var overlapped = false;
        var loop = new WorkerPool<string>("test", key => key.Split('/')[0], Options, TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var all = _turns.StartNew(() => loop.RunAsync(
            async key =>
            {
                overlapped |= !running.Add(key);
                await Task.Yield();
                running.Remove(key);
                runs[key] = runs.GetValueOrDefault(key) + 1;
                return new WorkOutcome(runs[key] % 7 != 3, null);
            },
            (_, _) => { },
            stop.Token)).Unwrap();
        for (var i = 0; i < rounds * keys; i++)
        {
            var key = $"k{i % keys}";
            await _turns.StartNew(() => loop.Add(key), TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => _turns.StartNew(() => runs.Count == keys && running.Count == 0));
        await stop.CancelAsync();
        await all;
        overlapped.ShouldBeFalse();
    }

    [Fact]
    public async Task WorkerPool_KeyWhoseWorkThrows_IsSetAsideAndToldWhileOthersGoOn()
    {
        await AddAsync("bad");
        await AddAsync("good");
        await BegunAsync();
        _begun[0].End.SetException(new OverflowException("absurd"));
        await EndAsync(1, Succeeded);
        await AddAsync("good");
        (await BegunAsync()).ShouldBe(["bad", "good", "good"]);
        _setAside.ShouldBe(["bad: absurd"]);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        (await BegunAsync()).ShouldBe(["bad", "good", "good", "bad"]);
    }

    [Theory]
    [InlineData(5_000_000)]
    [InlineData(int.MaxValue)]
    [InlineData(400_000_000_000)]
    public async Task WorkerPool_OutcomeThatAsksForALookInTheFarFuture_StopsNobody(long seconds)
    {
        await AddAsync("far");
        await EndAsync(0, new WorkOutcome(true, TimeSpan.FromSeconds(seconds)));
        await AddAsync("near");
        await EndAsync(1, Succeeded);
        await AddAsync("far");
        (await BegunAsync()).ShouldBe(["far", "near", "far"]);
        _running.IsCompleted.ShouldBeFalse();
    }

    private Task<WorkOutcome> WorkAsync(string key)
    {
        var end = new TaskCompletionSource<WorkOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        _begun.Add((key, end));
        return end.Task;
    }

    private Task AddAsync(string key) => _turns.StartNew(() => _loop.Add(key));

    private async Task EndAsync(int begun, WorkOutcome outcome)
    {
        (await BegunAsync()).Length.ShouldBeGreaterThan(begun);
        _begun[begun].End.SetResult(outcome);
    }

    private async Task AdvanceAsync(TimeSpan time)
    {
        await SettleAsync();
        _time.Advance(time);
    }

    private async Task<string[]> BegunAsync()
    {
        await SettleAsync();
        return await _turns.StartNew(() => _begun.Select(work => work.Key).ToArray());
    }

    /// <summary>Lets all turns run that are due, and those that they lead to.</summary>
    private async Task SettleAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            await Task.Yield();
            await _turns.StartNew(() => { });
        }
    }
}
