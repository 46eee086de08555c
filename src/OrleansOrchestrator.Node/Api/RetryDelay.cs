namespace OrleansOrchestrator.Node.Api;

/// <summary>How long to wait before the next try: doubles from a base to a maximum, with jitter.</summary>
/// <remarks>The jitter takes away up to half of each delay, so that a cluster of daemons does not return in step.</remarks>
internal sealed class RetryDelay(TimeSpan initial, TimeSpan max, Random random)
{
    private int _failures;

    public void Reset() => _failures = 0;

    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var doubled = initial * Math.Pow(2, Math.Min(_failures++, 30));
        var delay = (doubled < max ? doubled : max) * (0.5 + (random.NextDouble() / 2));
        return atLeast is { } least && least > delay ? least : delay;
    }
}
