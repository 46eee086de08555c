using System.Globalization;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Durations as Go prints them, because users of kubectl know them: <c>1m20s</c>. <see cref="GoSyntax.ParseDuration"/> reads them.</summary>
public static class GoDuration
{
    /// <summary>The text of a duration that is not negative.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration < TimeSpan.FromSeconds(1))
            return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###}ms");
        var seconds = string.Create(
            CultureInfo.InvariantCulture, $"{duration.Seconds + (duration.Milliseconds / 1000.0):0.###}s");
        return (duration.TotalHours >= 1, duration.TotalMinutes >= 1) switch
        {
            (true, _) => $"{(int)duration.TotalHours}h{duration.Minutes}m{seconds}",
            (_, true) => $"{duration.Minutes}m{seconds}",
            _ => seconds,
        };
    }
}
