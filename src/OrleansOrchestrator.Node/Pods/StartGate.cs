namespace OrleansOrchestrator.Node.Pods;

/// <summary>
/// Bounds how much the runtime starts at the same time. Only its own work is done inside: whoever waits for an image, for
/// the API or for a volume keeps nobody else from starting.
/// </summary>
internal sealed class StartGate(int startsMax)
{
    private readonly SemaphoreSlim _places = new(startsMax);

    /// <summary>Waits for a place, which is given back when the result is disposed of.</summary>
    public async ValueTask<Place> EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        return new Place(_places);
    }

    internal readonly struct Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
