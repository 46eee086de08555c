namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// Asks for the store's head on behalf of many readers: an answer serves all who were waiting before its question was sent,
/// so that any number of consistent reads costs one question at a time.
/// </summary>
internal sealed class HeadQuestion(Func<Task<long>> ask)
{
    private readonly Lock _gate = new();
    private bool _isAsking;
    private TaskCompletionSource<long>? _next;

    /// <summary>The head, asked for after this call.</summary>
    public Task<long> AskAsync()
    {
        lock (_gate)
        {
            if (_isAsking)
                return (_next ??= new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            _isAsking = true;
        }

        return AskOnceAsync();
    }

    private async Task<long> AskOnceAsync()
    {
        try
        {
            return await ask();
        }
        finally
        {
            AskForThoseWhoCameMeanwhile();
        }
    }

    private void AskForThoseWhoCameMeanwhile()
    {
        TaskCompletionSource<long>? waiting;
        lock (_gate)
        {
            waiting = _next;
            _next = null;
            _isAsking = waiting is not null;
        }

        if (waiting is not null)
            _ = AnswerAsync(waiting);
    }

    private async Task AnswerAsync(TaskCompletionSource<long> waiting)
    {
        try
        {
            waiting.SetResult(await AskOnceAsync());
        }
        catch (Exception exception)
        {
            waiting.SetException(exception);
        }
    }
}
