using System.Numerics;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Loops;

/// <summary>
/// Runs a step whenever it is signalled, and at the time that the last step named, one step at a time. It is the only kind of loop here
/// that lives as long as its owner; all other loops end by themselves.
/// </summary>
/// <remarks>
/// An exception cannot end the loop: it catches what a step throws, counts it, and repeats the step after a back-off. It logs the first
/// failure in a row, the second, the fourth and so on as a warning. Only the owner ends the loop. Signals do not queue up: any number
/// of them during a step causes one more step. A loop at rest holds neither a thread nor a task, so that there can be very many. Steps
/// run on the task scheduler on which the loop was made: the loop of a grain runs in the grain's turns.
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

    /// <summary>Prepares a loop. It rests until it is signalled or run.</summary>
    /// <param name="name">The loop's name in logs and metrics, such as <c>lease-agent</c>.</param>
    /// <param name="step">Does the work and returns the wait before the next step: zero for at once, null for only after a signal. The
    /// loop may call it earlier, and calls it after <see cref="Waits.Longest"/> at the latest.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Receives failures.</param>
    /// <param name="backoff">The waits after failures; null for <see cref="Backoff.OfLoops"/>.</param>
    public SupervisedLoop(
        string name, Func<CancellationToken, Task<TimeSpan?>> step, TimeProvider time, ILogger logger, Backoff? backoff = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        _name = name;
        _step = step;
        _logger = logger;
        _backoff = backoff ?? Backoff.OfLoops;
        // A step does not belong to the activity that signalled it.
        using (SuppressFlow())
            _timer = time.CreateTimer(static loop => ((SupervisedLoop)loop!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum State
    {
        Resting,
        Running,
        Signalled,
    }

    /// <summary>Runs a loop without signals until it is cancelled.</summary>
    /// <param name="name">The loop's name in logs and metrics.</param>
    /// <param name="step">Does the work and returns the wait before the next step; null for never again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Receives failures.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    public static async Task RunAsync(
        string name, Func<CancellationToken, Task<TimeSpan?>> step, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        await using var loop = new SupervisedLoop(name, step, time, logger);
        await loop.RunAsync(cancellationToken);
    }

    /// <summary>Repeats a step until it returns an answer.</summary>
    /// <param name="name">The loop's name in logs and metrics.</param>
    /// <param name="step">Returns the answer; null if there is none yet.</param>
    /// <param name="wait">The wait between steps.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Receives failures.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    /// <exception cref="OperationCanceledException">The loop was cancelled before there was an answer.</exception>
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

    /// <summary>Runs the first step at once. Returns, without an exception, when the loop has ended.</summary>
    /// <param name="cancellationToken">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = cancellationToken.UnsafeRegister(static loop => ((SupervisedLoop)loop!).Stop(), this);
        Signal();
        await _ended.Task;
    }

    /// <summary>Asks for a step: now, or once more after the one that runs.</summary>
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

    /// <summary>Ends the loop without waiting. The step itself may call it.</summary>
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

    /// <summary>Ends the loop and waits for the step that runs.</summary>
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
            // Gives the scheduler to others when a step completed without waiting.
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
