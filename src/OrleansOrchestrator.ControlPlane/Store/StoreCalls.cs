namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>One store as a silo calls it.</summary>
internal sealed class StoreCalls(IResourceStoreGrain grain, StoreOptions options, TimeProvider time)
{
    private readonly RequestBatcher<ObjectWrite, CommitResult> _commits =
        new(grain.CommitAsync, static write => write.Json?.Length ?? 0, options.CallBytesMax);

    // Doubled by each answer that stays away: what only takes long is answered at last.
    private TimeSpan _answerWithin = options.AnswerWithin;

    /// <summary>The store, for calls that have their own way with what is lost.</summary>
    public IResourceStoreGrain Grain => grain;

    /// <inheritdoc cref="IResourceStoreGrain.CommitAsync"/>
    public async Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<ObjectWrite> writes) =>
        writes.Count == 1 ? [await _commits.SendAsync(writes[0])] : await grain.CommitAsync(writes);

    /// <summary>Asks what may be asked again. An answer that is lost, as when a connection between silos ends, is not waited for as long
    /// as one that may still come.</summary>
    /// <param name="question">The question.</param>
    /// <param name="takes">How long the store itself may take.</param>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    public async Task<T> AskAsync<T>(Func<IResourceStoreGrain, Task<T>> question, TimeSpan takes = default)
    {
        var within = _answerWithin;
        try
        {
            var answer = await question(grain).WaitAsync(takes + within, time);
            _answerWithin = options.AnswerWithin;
            return answer;
        }
        catch (TimeoutException)
        {
            _answerWithin = within * 2 > options.AnswerWithinMax ? options.AnswerWithinMax : within * 2;
            throw;
        }
    }
}
