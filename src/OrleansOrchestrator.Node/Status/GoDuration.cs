using System.Globalization;

namespace OrleansOrchestrator.Node.Status;

/// <summary>Durations as Go prints them, because users of kubectl know the kubelet's messages: <c>1m20s</c>.</summary>
internal static class GoDuration
{
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
