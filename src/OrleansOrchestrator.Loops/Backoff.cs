namespace OrleansOrchestrator.Loops;

/// <summary>The wait after each failure in a row: it doubles from <see cref="First"/> up to <see cref="Most"/>.</summary>
/// <remarks>
/// Only the value. A <see cref="RetryDelay"/> counts the failures of one thing, a <see cref="KeyedBackoff{TKey}"/> those of many.
/// </remarks>
/// <param name="First">The wait after the first failure.</param>
/// <param name="Most">The longest wait.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Most)
{
    // A time span holds 63 bits, so that more doublings overflow.
    private const int DoublingsMax = 62;

    /// <summary>The back-off of loops: from 100 ms, so that a short fault costs little, to 10 s, so that a long one costs few
    /// tries.</summary>
    public static Backoff OfLoops { get; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    /// <summary>The wait after some failures in a row.</summary>
    /// <param name="failures">The number of failures in a row, from 1.</param>
    public TimeSpan After(int failures)
    {
        var ticks = (Int128)First.Ticks << (Math.Clamp(failures, 1, DoublingsMax + 1) - 1);
        return ticks < Most.Ticks ? TimeSpan.FromTicks((long)ticks) : Most;
    }
}
