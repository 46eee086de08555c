using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>Logs what a process waits for if the wait is long, repeatedly and ever less often.</summary>
internal sealed partial class WaitingNote(ILogger logger, TimeProvider time)
{
    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));

    /// <summary>Waits for a task.</summary>
    /// <param name="task">The task; it ends with the token.</param>
    /// <param name="why">What is missing, as a sentence.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(Task task, Func<string> why, CancellationToken cancellationToken)
    {
        var pause = new RetryDelay(Pauses);
        while (await Task.WhenAny(task, Task.Delay(pause.Next(), time, cancellationToken)) != task && !cancellationToken.IsCancellationRequested)
            LogWaiting(why());

        await task;
    }

    [LoggerMessage(LogLevel.Warning, "Still waiting: {Why}")]
    private partial void LogWaiting(string why);
}
