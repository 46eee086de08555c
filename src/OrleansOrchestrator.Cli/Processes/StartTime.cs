using OrleansOrchestrator.Cli.Failures;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>How long a command may take to start. What is not ready then is named.</summary>
/// <param name="limit">The time for all parts together.</param>
/// <param name="time">The clock.</param>
internal sealed class StartTime(TimeSpan limit, TimeProvider time)
{
    /// <summary>More than any machine needs on which the cluster is of use.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    private readonly long _began = time.GetTimestamp();

    /// <summary>Waits for a part.</summary>
    /// <param name="part">Waits until the part is ready.</param>
    /// <param name="why">Why it is not, in a few words.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CommandException">The time is over.</exception>
    public async Task WaitAsync(Func<CancellationToken, Task> part, Func<string> why, CancellationToken cancellationToken)
    {
        var left = limit - time.GetElapsedTime(_began);
        using var late = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await part(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new CommandException($"the start was given up after {limit.TotalSeconds:F0} s: {why()}");
        }
    }
}
