using OrleansOrchestrator.Cli.Failures;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>Limits the time of a command's start. If a part is not ready in time, the error names it.</summary>
/// <param name="limit">The time for all parts together.</param>
/// <param name="time">The clock.</param>
internal sealed class StartTime(TimeSpan limit, TimeProvider time)
{
    /// <summary>Longer than the start takes on any machine that is fast enough for the cluster.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    private readonly long _began = time.GetTimestamp();

    /// <summary>Waits for a part.</summary>
    /// <param name="part">Waits until the part is ready.</param>
    /// <param name="why">Why the part is not ready, in a few words.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CommandException">The part is not ready in time.</exception>
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
            throw new CommandException($"the start timed out after {limit.TotalSeconds:F0} s: {why()}");
        }
    }
}
