namespace OrleansOrchestrator.Node.Pods;

/// <summary>
/// Bounds the concurrent starts in the runtime. Only the runtime's own work holds a place: a pod that waits for an image, for the API
/// or for a volume delays no other.
/// </summary>
internal sealed class StartGate(int startsMax)
{
    private readonly SemaphoreSlim _places = new(startsMax);

    /// <summary>Waits for a place, which disposing of the result returns.</summary>
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
