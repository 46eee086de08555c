namespace OrleansOrchestrator.Loops;

/// <summary>Wakes all who wait for the next change of a state. Safe for concurrent use.</summary>
/// <remarks>
/// It carries no state. A waiter first takes <see cref="Next"/>, then looks at the state, and then awaits: a change after the first
/// step wakes the waiter, and an earlier one shows in the second step. A writer changes the state before it calls <see cref="Wake"/>.
/// While nobody waits, a wake costs one exchange and allocates nothing.
/// </remarks>
public sealed class WakeSignal
{
    private TaskCompletionSource? _waiters;

    /// <summary>Completes with the next wake.</summary>
    public Task Next
    {
        get
        {
            var waiters = Volatile.Read(ref _waiters);
            if (waiters is null)
            {
                var added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiters = Interlocked.CompareExchange(ref _waiters, added, null) ?? added;
            }

            return waiters.Task;
        }
    }

    /// <summary>Wakes all who wait now. Later waiters wait for the next wake.</summary>
    public void Wake() => Interlocked.Exchange(ref _waiters, null)?.SetResult();
}
