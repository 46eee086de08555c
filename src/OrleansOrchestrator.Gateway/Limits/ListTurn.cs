namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>One large list's share of the gate. It holds a seat while it is encoded, and none while its client is waited for.</summary>
internal sealed class ListTurn(LargeListGate gate, LargeListGate.UserLists lists) : IDisposable
{
    private bool _isSeated;
    private bool _hasEnded;

    /// <summary>Gives the seat to whoever is next.</summary>
    public void Leave()
    {
        if (!_isSeated)
            return;
        _isSeated = false;
        gate.Stand();
    }

    /// <summary>Waits for a seat again; a list in progress is never refused one.</summary>
    public async ValueTask ReturnAsync(CancellationToken cancellationToken)
    {
        await gate.SitAsync(lists, cancellationToken);
        _isSeated = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Leave();
        if (_hasEnded)
            return;
        _hasEnded = true;
        gate.End(lists);
    }
}
