namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// An activation's right to serve consistent reads. It is renewed by every commit and, when reads come without writes, by
/// one question to the database that all waiting readers share; a new activation waits until it has run out (invariant I3).
/// Measured by this machine's monotonic clock from before each renewal was sent, so that it never outlasts the database's view.
/// </summary>
internal sealed class ReadLease(TimeSpan duration, TimeProvider time, Func<TimeSpan, Task> renewInDatabase)
{
    private long _renewedAt;
    private bool _held;
    private Task? _renewal;

    /// <summary>How long the lease lasts.</summary>
    public TimeSpan Duration => duration;

    /// <summary>Takes note that the database accepted a renewal that was sent at a timestamp.</summary>
    public void RenewedAt(long sentTimestamp)
    {
        _held = true;
        _renewedAt = Math.Max(_renewedAt, sentTimestamp);
    }

    /// <summary>Returns once the lease is held.</summary>
    public Task EnsureAsync()
    {
        if (_held && time.GetElapsedTime(_renewedAt) < duration)
            return Task.CompletedTask;
        return _renewal ??= RenewAsync();
    }

    private async Task RenewAsync()
    {
        try
        {
            var sent = time.GetTimestamp();
            await renewInDatabase(duration);
            RenewedAt(sent);
        }
        finally
        {
            _renewal = null;
        }
    }
}
