using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>One store as a silo calls it.</summary>
internal sealed class StoreCalls(IResourceStoreGrain grain, StoreOptions options, TimeProvider time)
{
    private readonly RequestBatcher<ObjectWrite, CommitResult> _commits =
        new(grain.CommitAsync, static write => write.Json?.Length ?? 0, options.CallBytesMax);

    private readonly Backoff _answerWithin = new(options.AnswerWithin, options.AnswerWithinMax);

    // Each answer that stays away doubles the wait for the next: what only takes long is answered at last.
    private volatile int _missed;

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
        var missed = _missed;
        try
        {
            var answer = await question(grain).WaitAsync(takes + _answerWithin.After(missed + 1), time);
            _missed = 0;
            return answer;
        }
        catch (TimeoutException)
        {
            _missed = missed + 1;
            throw;
        }
    }
}
