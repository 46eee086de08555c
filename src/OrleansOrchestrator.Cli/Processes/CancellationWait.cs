namespace OrleansOrchestrator.Cli.Processes;

/// <summary>Awaits the cancellation of a token.</summary>
internal static class CancellationWait
{
    /// <summary>Completes when the token is cancelled.</summary>
    public static async Task WaitAsync(this CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(cancelled.SetResult);
        await cancelled.Task;
    }
}
