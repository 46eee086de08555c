namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>The permit of one large list. It holds a seat while the list is encoded, and none while the list waits for its
/// client.</summary>
internal sealed class ListPermit(FairListLimiter limiter, FairListLimiter.UserLists lists) : IDisposable
{
    private bool _isSeated;
    private bool _hasEnded;

    /// <summary>Passes the seat on.</summary>
    public void Release()
    {
        if (!_isSeated)
            return;
        _isSeated = false;
        limiter.FreeSeat();
    }

    /// <summary>Waits for a seat again; a list in progress is never rejected.</summary>
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
