namespace OrleansOrchestrator.Loops;

/// <summary>Waits and times that stay in range, whatever an object says.</summary>
/// <remarks>
/// A timer takes 49.7 days at most, and a point in time ends with the year 9999. Seconds that users write (2,147,483,647 are 68 years)
/// and their sums exceed both, and the exception would end the loop that waits.
/// </remarks>
public static class Waits
{
    /// <summary>The longest time for which one timer is set. A longer wait wakes, looks, and waits again. Any value below the 49.7 days
    /// of a timer does; one day costs nothing.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(1);

    /// <summary>Limits a wait to what a timer takes: from zero to <see cref="Longest"/>.</summary>
    public static TimeSpan Clamp(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait < Longest ? wait : Longest;

    /// <summary>A point in time plus a wait, limited to the first and last point in time that exist.</summary>
    public static DateTimeOffset After(DateTimeOffset start, TimeSpan wait)
    {
        if (wait > DateTimeOffset.MaxValue - start)
            return DateTimeOffset.MaxValue;
        return wait < DateTimeOffset.MinValue - start ? DateTimeOffset.MinValue : start + wait;
    }

    /// <summary>A number of seconds that a user wrote, limited to what a time span holds.</summary>
    public static TimeSpan Seconds(long seconds) =>
        TimeSpan.FromSeconds(Math.Clamp(seconds, (long)TimeSpan.MinValue.TotalSeconds, (long)TimeSpan.MaxValue.TotalSeconds));

    /// <summary>Waits for any length of time.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="wait">The wait; none if it is negative.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    public static async Task DelayAsync(this TimeProvider time, TimeSpan wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(time);
        for (var rest = wait; rest > TimeSpan.Zero; rest -= Longest)
            await Task.Delay(Clamp(rest), time, cancellationToken);
    }

    /// <summary>Cancels a source after a time. A time longer than a timer takes is cut to it.</summary>
    public static void CancelWithin(this CancellationTokenSource source, TimeSpan wait)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.CancelAfter(Clamp(wait));
    }
}
