using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Runs one step at a time, whenever it was signalled or the time that the last step named has come.</summary>
/// <remarks>
/// Signals do not queue up: any number of them during a step causes one more step. An idle loop holds neither a
/// thread nor a task, so a node can have very many of them.
/// </remarks>
internal sealed partial class WorkLoop : IAsyncDisposable
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Signalled = 2;
    private static readonly TimeSpan FaultDelay = TimeSpan.FromSeconds(5);

    private readonly Func<CancellationToken, Task<TimeSpan?>> _step;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private int _state = Idle;
    private Task _run = Task.CompletedTask;

    /// <param name="step">Does the work; returns after what time it wants to be called again, or null.</param>
    /// <param name="timeProvider">Measures that time.</param>
    /// <param name="logger">Receives a failure of the step, which is then tried again.</param>
    public WorkLoop(Func<CancellationToken, Task<TimeSpan?>> step, TimeProvider timeProvider, ILogger logger)
    {
        _step = step;
        _logger = logger;
        _timer = timeProvider.CreateTimer(
            static state => ((WorkLoop)state!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Signal()
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
                return;
            if (_state == Idle)
            {
                _state = Running;
                _run = Task.Run(RunAsync);
            }
            else
            {
                _state = Signalled;
            }
        }
    }

    /// <summary>Ends the loop without waiting, for the step itself to call.</summary>
    public void Stop()
    {
        lock (_lock)
            _stop.Cancel();
        _timer.Dispose();
    }

    /// <summary>Ends the loop and waits until a step that runs has returned.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        Task run;
        lock (_lock)
            run = _run;
        await run;
    }

    private async Task RunAsync()
    {
        do
        {
            TimeSpan? wake;
            try
            {
                wake = await _step(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogFault(exception);
                wake = FaultDelay;
            }

            _timer.Change(wake is { } time ? Max(time, TimeSpan.Zero) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        while (Continue());
    }

    private bool Continue()
    {
        lock (_lock)
        {
            _state = _state == Signalled ? Running : Idle;
            return _state == Running && !_stop.IsCancellationRequested;
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    [LoggerMessage(Level = LogLevel.Error, Message = "A step failed and is tried again")]
    private partial void LogFault(Exception exception);
}
