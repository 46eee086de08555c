namespace OrleansOrchestrator.Loops;

/// <summary>Waits and times that cannot leave their range, whatever an object says.</summary>
/// <remarks>
/// A timer takes 49.7 days at most, a point in time ends with the year 9999. Seconds that users write (2,147,483,647 are 68
/// years) and their sums exceed both, and what throws then ends the loop that waits.
/// </remarks>
public static class Waits
{
    /// <summary>The longest that one timer is set for. Whoever waits for longer wakes, looks, and waits again.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(1);

    /// <summary>A wait within what a timer takes: not negative, and not above <see cref="Longest"/>.</summary>
    public static TimeSpan Clamp(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait < Longest ? wait : Longest;

    /// <summary>A time some way after another one, or the last or first there is.</summary>
    public static DateTimeOffset After(DateTimeOffset start, TimeSpan wait)
    {
        if (wait > DateTimeOffset.MaxValue - start)
            return DateTimeOffset.MaxValue;
        return wait < DateTimeOffset.MinValue - start ? DateTimeOffset.MinValue : start + wait;
    }

    /// <summary>Some seconds that a user wrote, or the most that a time span holds.</summary>
    public static TimeSpan Seconds(long seconds) =>
        TimeSpan.FromSeconds(Math.Clamp(seconds, (long)TimeSpan.MinValue.TotalSeconds, (long)TimeSpan.MaxValue.TotalSeconds));

    /// <summary>Waits for a time of any length.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="wait">How long; nothing if it is negative.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    public static async Task DelayAsync(this TimeProvider time, TimeSpan wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(time);
        for (var rest = wait; rest > TimeSpan.Zero; rest -= Longest)
            await Task.Delay(Clamp(rest), time, cancellationToken);
    }

    /// <summary>Cancels after a time that may be longer than a timer takes: such a one is as good as never, and is cut.</summary>
    public static void CancelWithin(this CancellationTokenSource source, TimeSpan wait)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.CancelAfter(Clamp(wait));
    }
}
