namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// Reads the store's head for many readers with one call in flight. An answer serves all readers that waited before its call was sent,
/// so that any number of consistent reads costs one call at a time.
/// </summary>
internal sealed class SingleFlightHeadRead(Func<Task<long>> read)
{
    private readonly Lock _gate = new();
    private bool _isInFlight;
    private TaskCompletionSource<long>? _next;

    /// <summary>The head, read after this call.</summary>
    public Task<long> ReadAsync()
    {
        lock (_gate)
        {
            if (_isInFlight)
                return (_next ??= new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            _isInFlight = true;
        }

        return ReadOnceAsync();
    }

    private async Task<long> ReadOnceAsync()
    {
        try
        {
            return await read();
        }
        finally
        {
            ReadForThoseWhoCameMeanwhile();
        }
    }

    private void ReadForThoseWhoCameMeanwhile()
    {
        TaskCompletionSource<long>? waiting;
        lock (_gate)
        {
            waiting = _next;
            _next = null;
            _isInFlight = waiting is not null;
        }

        if (waiting is not null)
            _ = AnswerAsync(waiting);
    }

    private async Task AnswerAsync(TaskCompletionSource<long> waiting)
    {
        try
        {
            waiting.SetResult(await ReadOnceAsync());
        }
        catch (Exception exception)
        {
            waiting.SetException(exception);
        }
    }
}
