namespace OrleansOrchestrator.Loops;

/// <summary>How long to wait after failures in a row: doubles from a first wait to a longest one.</summary>
/// <remarks>
/// This is the value. What counts the failures of one thing is a <see cref="RetryDelay"/>, and those of many a
/// <see cref="KeyedBackoff{TKey}"/>.
/// </remarks>
/// <param name="First">The wait after the first failure.</param>
/// <param name="Most">The longest wait.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Most)
{
    // No wait that a time span holds is doubled more often.
    private const int DoublingsMax = 62;

    /// <summary>For loops: from 100 ms to 10 s.</summary>
    public static Backoff OfLoops { get; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    /// <summary>The wait after some failures in a row.</summary>
    /// <param name="failures">How many there were, from one on.</param>
    public TimeSpan After(int failures)
    {
        var ticks = (Int128)First.Ticks << Math.Clamp(failures - 1, 0, DoublingsMax);
        return ticks < Most.Ticks ? TimeSpan.FromTicks((long)ticks) : Most;
    }
}
