namespace OrleansOrchestrator.Testing;

/// <summary>Waits for a condition that nothing announces.</summary>
public static class Poll
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Asks until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not hold within 30 seconds.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
                throw new TimeoutException($"the condition did not hold within {Deadline.TotalSeconds} s");
            await Task.Delay(Interval, TimeProvider.System, cancellationToken);
        }
    }
}
