namespace OrleansOrchestrator.Loops;

/// <summary>The waits between the tries of one thing. Not safe for concurrent use.</summary>
/// <param name="backoff">The waits.</param>
/// <param name="jitter">Takes away up to half of each wait, so that many who failed together do not return in step; null for none.</param>
public sealed class RetryDelay(Backoff backoff, Random? jitter = null)
{
    private int _failures;

    /// <summary>Notes a failure.</summary>
    /// <param name="atLeast">What the other side asks for, as <c>Retry-After</c> does.</param>
    /// <returns>How long to wait before the next try.</returns>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        if (_failures < int.MaxValue)
            _failures++;
        var wait = backoff.After(_failures);
        if (jitter is not null)
            wait *= 0.5 + (jitter.NextDouble() / 2);
        return atLeast is { } least && least > wait ? least : wait;
    }

    /// <summary>Notes a success: the next failure is the first again.</summary>
    public void Reset() => _failures = 0;
}
