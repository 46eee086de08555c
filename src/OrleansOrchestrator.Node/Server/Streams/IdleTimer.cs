namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>Cancels a token when it has not been touched for a while.</summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly CancellationTokenSource _expired = new();
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _idle;
    private readonly ITimer _timer;
    private long _touched;

    public IdleTimer(TimeSpan idle, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _idle = idle;
        _touched = timeProvider.GetTimestamp();
        _timer = timeProvider.CreateTimer(static timer => ((IdleTimer)timer!).Check(), this, idle, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled after the idle time.</summary>
    public CancellationToken Token => _expired.Token;

    /// <summary>Records activity.</summary>
    public void Touch() => Volatile.Write(ref _touched, _timeProvider.GetTimestamp());

    public void Dispose()
    {
        _timer.Dispose();
        _expired.Dispose();
    }

    private void Check()
    {
        var left = _idle - _timeProvider.GetElapsedTime(Volatile.Read(ref _touched));
        try
        {
            if (left > TimeSpan.Zero)
                _timer.Change(left, Timeout.InfiniteTimeSpan);
            else
                _expired.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The session has ended.
        }
    }
}
