using System.Numerics;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Loops;

/// <summary>
/// Runs one step at a time until it is ended: whenever it is signalled, and when the time has come that the last step named.
/// This is the only loop of the system that runs for as long as its owner; all others end by themselves.
/// </summary>
/// <remarks>
/// No statement of the loop stands outside its guard. A step that throws is counted, told in the log as a warning (the first
/// failure in a row, the second, the fourth and so on) and tried again after a back-off; only its owner ends the loop.
/// Signals do not queue up: any number of them during a step causes one more. A loop at rest holds neither a thread nor a task,
/// so that there can be very many. Steps run on the task scheduler on which the loop was made: the loop of a grain runs in the
/// grain's turns.
/// </remarks>
public sealed partial class SupervisedLoop : IAsyncDisposable
{
    private readonly string _name;
    private readonly Func<CancellationToken, Task<TimeSpan?>> _step;
    private readonly Backoff _backoff;
    private readonly ILogger _logger;
    private readonly TaskScheduler _scheduler = TaskScheduler.Current;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private State _state;
    private bool _isStopping;
    private int _failures;

    /// <summary>Prepares a loop, which rests until it is signalled or run.</summary>
    /// <param name="name">What it does, for logs and figures, as in <c>lease-agent</c>.</param>
    /// <param name="step">Does the work. Returns after what time it wants to be called again: at once for zero, only after a
    /// signal for null. It may be called earlier, and at the latest after <see cref="Waits.Longest"/>.</param>
    /// <param name="time">Measures that time.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <param name="backoff">The waits after failures; null for <see cref="Backoff.OfLoops"/>.</param>
    public SupervisedLoop(
        string name, Func<CancellationToken, Task<TimeSpan?>> step, TimeProvider time, ILogger logger, Backoff? backoff = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        _name = name;
        _step = step;
        _logger = logger;
        _backoff = backoff ?? Backoff.OfLoops;
        // What called for a step is no part of its context.
        using (SuppressFlow())
            _timer = time.CreateTimer(static loop => ((SupervisedLoop)loop!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum State
    {
        Resting,
        Running,
        Signalled,
    }

    /// <summary>Runs a loop that nobody signals until it is cancelled.</summary>
    /// <param name="name">What it does, for logs and figures.</param>
    /// <param name="step">Does the work; returns after what time it wants to be called again, and null if never.</param>
    /// <param name="time">Measures that time.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    public static async Task RunAsync(
        string name, Func<CancellationToken, Task<TimeSpan?>> step, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        await using var loop = new SupervisedLoop(name, step, time, logger);
        await loop.RunAsync(cancellationToken);
    }

    /// <summary>Runs a loop until its step has an answer.</summary>
    /// <param name="name">What it does, for logs and figures.</param>
    /// <param name="step">Looks for the answer; null if there is none yet.</param>
    /// <param name="wait">After what time to look again.</param>
    /// <param name="time">Measures that time.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    /// <exception cref="OperationCanceledException">It was cancelled before there was an answer.</exception>
    public static async Task<T> UntilAsync<T>(
        string name, Func<CancellationToken, Task<T?>> step, Func<TimeSpan> wait, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
        where T : class
    {
        T? answer = null;
        SupervisedLoop? loop = null;
        loop = new SupervisedLoop(name, LookAsync, time, logger);
        await using (loop)
            await loop.RunAsync(cancellationToken);
        if (answer is null)
            cancellationToken.ThrowIfCancellationRequested();
        return answer!;

        async Task<TimeSpan?> LookAsync(CancellationToken stopping)
        {
            answer = await step(stopping);
            if (answer is null)
                return wait();
            loop!.Stop();
            return null;
        }
    }

    /// <summary>Begins with a step, and returns when the loop has ended, without an exception.</summary>
    /// <param name="cancellationToken">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = cancellationToken.UnsafeRegister(static loop => ((SupervisedLoop)loop!).Stop(), this);
        Signal();
        await _ended.Task;
    }

    /// <summary>Wants a step: now, or once more if one runs.</summary>
    public void Signal()
    {
        lock (_gate)
        {
            if (_isStopping)
                return;
            if (_state != State.Resting)
            {
                _state = State.Signalled;
                return;
            }

            _state = State.Running;
            using (SuppressFlow())
                _ = Task.Factory.StartNew(StepsAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler);
        }
    }

    /// <summary>Ends the loop without waiting, as the step itself may do.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_isStopping)
                return;
            _isStopping = true;
            if (_state == State.Resting)
                _ended.TrySetResult();
        }

        _timer.Dispose();
        _stop.Cancel();
    }

    /// <summary>Ends the loop and waits until a step that runs has returned.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await _ended.Task;
    }

    private async Task StepsAsync()
    {
        do
        {
            var step = StepAsync();
            // Steps that wait for nothing give others on the same scheduler their turns.
            if (step.IsCompleted)
                await Task.Yield();
            var wait = await step;
            if (wait is { } rest && rest <= TimeSpan.Zero)
                Signal();
            else
                _timer.Change(wait is { } later ? Waits.Clamp(later) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        while (GoesOn());
    }

    private async Task<TimeSpan?> StepAsync()
    {
        try
        {
            var wait = await _step(_stop.Token);
            if (_failures > 0)
                LogRecovered(_name, _failures);
            _failures = 0;
            return wait;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception fault)
        {
            _failures++;
            LoopInstruments.StepFailed(_name);
            var wait = _backoff.After(_failures);
            if (BitOperations.IsPow2(_failures))
                LogFailed(fault, _name, wait.TotalSeconds);
            return wait;
        }
    }

    private bool GoesOn()
    {
        lock (_gate)
        {
            if (_isStopping)
                _ended.TrySetResult();
            else if (_state == State.Signalled)
                _state = State.Running;
            else
                _state = State.Resting;
            return !_isStopping && _state == State.Running;
        }
    }

    private static IDisposable? SuppressFlow() => ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();

    [LoggerMessage(Level = LogLevel.Warning, Message = "A step of {Loop} failed and is tried again in {Seconds} s")]
    private partial void LogFailed(Exception exception, string loop, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Loop} works again after {Failures} failed steps")]
    private partial void LogRecovered(string loop, int failures);
}
