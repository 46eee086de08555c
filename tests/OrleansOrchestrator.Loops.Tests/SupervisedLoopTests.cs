using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Loops.Tests;

public sealed class SupervisedLoopTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Told _told = new();
    private int _steps;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Step_ThatThrows_IsToldAndTriedAgainAfterABackoff()
    {
        await using var loop = Loop(_ => Volatile.Read(ref _steps) < 4 ? throw new OverflowException("absurd") : Rest());
        var running = loop.RunAsync(Cancelled);

        for (var step = 1; step < 4; step++)
        {
            await StepsAsync(step);
            await TurnAsync(Backoff.OfLoops.After(step), until: step + 1);
        }

        running.IsCompleted.ShouldBeFalse();
        _told.Lines.Count(line => line.StartsWith("Warning", StringComparison.Ordinal)).ShouldBe(2, "the first failure and the second are told, the third is not");
        await Eventually.HoldsAsync(() => _told.Lines.Any(line => line.Contains("works again", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Until_StepsWithoutAnAnswer_GoOnThroughFaultsAndEndWithTheAnswer()
    {
        var asked = SupervisedLoop.UntilAsync(
            "test loop",
            _ => Interlocked.Increment(ref _steps) switch
            {
                1 => Task.FromResult<string?>(null),
                2 => throw new OverflowException("absurd"),
                _ => Task.FromResult<string?>("answer"),
            },
            () => TimeSpan.FromSeconds(1),
            _time,
            _told,
            Cancelled);

        await TurnAsync(TimeSpan.FromSeconds(1), until: 2);
        await TurnAsync(Backoff.OfLoops.First, until: 3);

        (await asked).ShouldBe("answer");
    }

    [Fact]
    public async Task Until_CancelledBeforeTheAnswer_Throws()
    {
        using var ending = new CancellationTokenSource();
        var asked = SupervisedLoop.UntilAsync(
            "test loop", _ => Task.FromResult<string?>(null), () => TimeSpan.FromSeconds(1), _time, _told, ending.Token);

        await ending.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(asked.WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("49.17:02:47.295")]
    [InlineData("5000000.00:00:00")]
    [InlineData("10675199.02:48:05.4775807")]
    [InlineData("-10675199.02:48:05.4775808")]
    public async Task Wait_OfAnyLength_DoesNotEndTheLoop(string wait)
    {
        var answer = TimeSpan.Parse(wait, System.Globalization.CultureInfo.InvariantCulture);
        await using var loop = Loop(_ => Task.FromResult<TimeSpan?>(Volatile.Read(ref _steps) == 1 ? answer : null));
        var running = loop.RunAsync(Cancelled);

        await TurnAsync(Waits.Longest, until: 2);

        running.IsCompleted.ShouldBeFalse();
        _told.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Signals_DuringAStep_CauseOneMore()
    {
        var hold = new TaskCompletionSource();
        await using var loop = Loop(async _ =>
        {
            await hold.Task;
            return null;
        });
        loop.Signal();
        await StepsAsync(1);

        for (var i = 0; i < 10; i++)
            loop.Signal();
        hold.SetResult();

        await StepsAsync(2);
        loop.Signal();
        await StepsAsync(3);
    }

    [Fact]
    public async Task Loop_Cancelled_EndsWithoutAnException()
    {
        using var stop = new CancellationTokenSource();
        await using var loop = Loop(async stopping =>
        {
            await Task.Delay(Timeout.Infinite, stopping);
            return null;
        });
        var running = loop.RunAsync(stop.Token);
        await StepsAsync(1);

        await stop.CancelAsync();

        await running;
        loop.Signal();
        _steps.ShouldBe(1);
        _told.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Loop_CancelledBeforeItBegan_RunsNoStep()
    {
        await using var loop = Loop(_ => Rest());

        await loop.RunAsync(new CancellationToken(true));

        _steps.ShouldBe(0);
    }

    [Fact]
    public async Task Step_ThatEndsItsOwnLoop_IsTheLast()
    {
        SupervisedLoop? loop = null;
        loop = Loop(_ =>
        {
            loop!.Stop();
            return Task.FromResult<TimeSpan?>(TimeSpan.Zero);
        });

        await loop.RunAsync(Cancelled);

        _steps.ShouldBe(1);
    }

    [Fact]
    public async Task Steps_OfALoopMadeOnAScheduler_RunThere()
    {
        var turns = new TaskFactory(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
        var schedulers = new ConcurrentQueue<TaskScheduler>();
        await using var loop = await turns.StartNew(
            () => Loop(async _ =>
            {
                schedulers.Enqueue(TaskScheduler.Current);
                await Task.Yield();
                schedulers.Enqueue(TaskScheduler.Current);
                return TimeSpan.FromSeconds(1);
            }),
            Cancelled);
        loop.Signal();
        await StepsAsync(1);
        await TurnAsync(TimeSpan.FromSeconds(1), until: 2);

        schedulers.ShouldAllBe(scheduler => scheduler == turns.Scheduler);
    }

    private static Task<TimeSpan?> Rest() => Task.FromResult<TimeSpan?>(null);

    private SupervisedLoop Loop(Func<CancellationToken, Task<TimeSpan?>> step) => new(
        "test",
        stopping =>
        {
            Interlocked.Increment(ref _steps);
            return step(stopping);
        },
        _time,
        _told);

    private Task StepsAsync(int count) => Eventually.HoldsAsync(() => Volatile.Read(ref _steps) == count);

    /// <summary>Turns the clock until a step has come of it: a timer that is not set yet misses the first turn.</summary>
    private Task TurnAsync(TimeSpan time, int until) => Eventually.HoldsAsync(
        () =>
        {
            if (Volatile.Read(ref _steps) < until)
                _time.Advance(time);
            return Task.FromResult(Volatile.Read(ref _steps) == until);
        });

    private sealed class Told : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
    }
}
