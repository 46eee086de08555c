namespace OrleansOrchestrator.Loops;

/// <summary>The waits between the attempts at one thing. Not safe for concurrent use.</summary>
/// <param name="backoff">The waits.</param>
/// <param name="jitter">Shortens each wait by up to half at random, so that many who failed together do not retry in step; null for
/// none.</param>
public sealed class RetryDelay(Backoff backoff, Random? jitter = null)
{
    private int _failures;

    /// <summary>Records a failure.</summary>
    /// <param name="atLeast">The shortest wait that the other side asks for, such as a <c>Retry-After</c>.</param>
    /// <returns>The wait before the next attempt.</returns>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        if (_failures < int.MaxValue)
            _failures++;
        var wait = backoff.After(_failures);
        if (jitter is not null)
            wait *= 0.5 + (jitter.NextDouble() / 2);
        return atLeast is { } least && least > wait ? least : wait;
    }

    /// <summary>Records a success: the next failure counts as the first.</summary>
    public void Reset() => _failures = 0;
}
