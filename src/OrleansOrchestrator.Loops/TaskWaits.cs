namespace OrleansOrchestrator.Loops;

/// <summary>Waits that end without an exception. Loops that look again after a while do so a hundred times a second in an idle silo.</summary>
public static class TaskWaits
{
    /// <summary>Waits for a task, for no longer than a time.</summary>
    /// <param name="task">What is waited for. It does not fail.</param>
    /// <param name="wait">How long at the most.</param>
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
