using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// An activation's right to serve consistent reads. Every commit renews it; reads without writes share one renewal in the database. A
/// new activation waits until it has expired (invariant I3). The lease starts, by this machine's monotonic clock, before its renewal is
/// sent, so that it never outlasts the database's view.
/// </summary>
internal sealed class ReadLease(TimeSpan duration, TimeProvider time, Func<TimeSpan, Task> renewInDatabase)
{
    private long _renewedAt;
    private volatile bool _held;
    private Task _renewal = Task.CompletedTask;

    /// <summary>How long the lease lasts.</summary>
    public TimeSpan Duration => duration;

    /// <summary>Whether the lease is held now. Safe on any thread.</summary>
    public bool IsHeld => WasRenewedWithin(duration);

    /// <summary>Whether the database confirmed within some time that this activation is the newest.</summary>
    public bool WasRenewedWithin(TimeSpan span) => _held && time.GetElapsedTime(Volatile.Read(ref _renewedAt)) < span;

    /// <summary>Records that the database accepted a renewal sent at a timestamp.</summary>
    public void RenewedAt(long sentTimestamp)
    {
        Volatile.Write(ref _renewedAt, Math.Max(_renewedAt, sentTimestamp));
        _held = true;
    }

    /// <summary>Returns once the lease is held.</summary>
    /// <exception cref="LogUnavailableException">The database could not be reached, or answered too late.</exception>
    public Task EnsureAsync() => IsHeld ? Task.CompletedTask : ShareRenewalAsync();

    private async Task ShareRenewalAsync()
    {
        if (_renewal.IsCompleted)
            _renewal = RenewAsync();
        await _renewal;

        // A slow answer may arrive after the lease has expired: a new activation may have taken over, and a reader who joined that
        // renewal late must not miss what the new one has acknowledged.
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
