namespace OrleansOrchestrator.Loops;

/// <summary>Waits that report a time-out as a result. Exceptions would be dear: idle loops time out a hundred times a second in a
/// silo.</summary>
public static class TaskWaits
{
    /// <summary>Waits for a task for a bounded time.</summary>
    /// <param name="task">The task. It must not fail.</param>
    /// <param name="wait">The longest wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>Whether the task has completed.</returns>
    public static async Task<bool> CompletesWithinAsync(this Task task, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        await task.WaitAsync(wait, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }
}
