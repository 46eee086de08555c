using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>The calls of this silo to one store.</summary>
internal sealed class StoreCalls(IResourceStoreGrain grain, StoreOptions options, TimeProvider time)
{
    private readonly RequestBatcher<ObjectWrite, CommitResult> _commits =
        new(grain.CommitAsync, static write => write.Json?.Length ?? 0, options.CallBytesMax);

    private readonly Backoff _answerWithin = new(options.AnswerWithin, options.AnswerWithinMax);

    // Each unanswered call doubles the time-out of the next, so that a slow answer is received in the end.
    private volatile int _missed;

    /// <summary>The grain, for calls that handle lost answers themselves.</summary>
    public IResourceStoreGrain Grain => grain;

    /// <inheritdoc cref="IResourceStoreGrain.CommitAsync"/>
    public async Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<ObjectWrite> writes) =>
        writes.Count == 1 ? [await _commits.SendAsync(writes[0])] : await grain.CommitAsync(writes);

    /// <summary>Makes a repeatable call. It waits less than Orleans' response time-out for an answer that may be lost, for example with a connection between
    /// silos.</summary>
    /// <param name="question">The call.</param>
    /// <param name="takes">The time that the store itself may take.</param>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
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
