namespace OrleansOrchestrator.Loops;

/// <summary>How long to wait after failures in a row: doubles from a first wait to a longest one.</summary>
/// <param name="First">The wait after the first failure.</param>
/// <param name="Most">The longest wait.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Most)
{
    /// <summary>For loops: from 100 ms to 10 s.</summary>
    public static Backoff OfLoops { get; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    /// <summary>The wait after some failures in a row.</summary>
    /// <param name="failures">How many there were, from one on.</param>
    public TimeSpan After(int failures)
    {
        var doubled = First * Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        return doubled < Most ? doubled : Most;
    }
}
