namespace OrleansOrchestrator.Loops;

/// <summary>Wakes everyone who waits for the next change of a state. Safe for concurrent use.</summary>
/// <remarks>
/// It carries no state of its own. A waiter takes <see cref="Next"/> first, looks at the state second, and awaits third: a change
/// after the first step wakes him, and one before it shows in the second. Whoever changes the state does so before it calls
/// <see cref="Wake"/>. While nobody waits, a wake costs one exchange and allocates nothing.
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

    /// <summary>Wakes all who wait now. Who comes later waits for the next wake.</summary>
    public void Wake() => Interlocked.Exchange(ref _waiters, null)?.SetResult();
}
