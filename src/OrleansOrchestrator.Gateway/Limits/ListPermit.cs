namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>One large list's share of the limiter. It holds a seat while it is encoded, and none while its client is waited for.</summary>
internal sealed class ListPermit(FairListLimiter limiter, FairListLimiter.UserLists lists) : IDisposable
{
    private bool _isSeated;
    private bool _hasEnded;

    /// <summary>Gives the seat to whoever is next.</summary>
    public void Release()
    {
        if (!_isSeated)
            return;
        _isSeated = false;
        limiter.FreeSeat();
    }

    /// <summary>Waits for a seat again; a list in progress is never refused one.</summary>
    public async ValueTask ReacquireAsync(CancellationToken cancellationToken)
    {
        await limiter.TakeSeatAsync(lists, cancellationToken);
        _isSeated = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        if (_hasEnded)
            return;
        _hasEnded = true;
        limiter.End(lists);
    }
}
