using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// An activation's right to serve consistent reads. It is renewed by every commit and, when reads come without writes, by
/// one question to the database that all waiting readers share; a new activation waits until it has run out (invariant I3).
/// Measured by this machine's monotonic clock from before each renewal was sent, so that it never outlasts the database's view.
/// </summary>
internal sealed class ReadLease(TimeSpan duration, TimeProvider time, Func<TimeSpan, Task> renewInDatabase)
{
    private long _renewedAt;
    private volatile bool _held;
    private Task _renewal = Task.CompletedTask;

    /// <summary>How long the lease lasts.</summary>
    public TimeSpan Duration => duration;

    /// <summary>Whether the lease is held now. May be asked on any thread.</summary>
    public bool IsHeld => WasRenewedWithin(duration);

    /// <summary>Whether the database has said within a time that this activation is the newest.</summary>
    public bool WasRenewedWithin(TimeSpan span) => _held && time.GetElapsedTime(Volatile.Read(ref _renewedAt)) < span;

    /// <summary>Takes note that the database accepted a renewal that was sent at a timestamp.</summary>
    public void RenewedAt(long sentTimestamp)
    {
        Volatile.Write(ref _renewedAt, Math.Max(_renewedAt, sentTimestamp));
        _held = true;
    }

    /// <summary>Returns once the lease is held.</summary>
    /// <exception cref="LogUnavailableException">The database could not be asked, or answered too late.</exception>
    public Task EnsureAsync() => IsHeld ? Task.CompletedTask : ShareRenewalAsync();

    private async Task ShareRenewalAsync()
    {
        if (_renewal.IsCompleted)
            _renewal = RenewAsync();
        await _renewal;

        // A renewal whose answer was long on its way may have run out: a new activation may have taken over since, and
        // whoever joined that renewal late must not miss what it has acknowledged.
        if (!IsHeld)
            throw new LogUnavailableException("the database took too long to renew the read lease");
    }

    private async Task RenewAsync()
    {
        var sent = time.GetTimestamp();
        await renewInDatabase(duration);
        RenewedAt(sent);
    }
}
