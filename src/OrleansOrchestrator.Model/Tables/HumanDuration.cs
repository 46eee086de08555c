using System.Globalization;

namespace OrleansOrchestrator.Model.Tables;

/// <summary>Durations as kubectl prints them: two significant units at most (<c>5s</c>, <c>3m20s</c>, <c>47h</c>, <c>12d</c>).</summary>
public static class HumanDuration
{
    /// <summary>The time from <paramref name="from"/> until <paramref name="now"/>; <c>&lt;unknown&gt;</c> if there is no start.</summary>
    public static string Since(DateTime? from, DateTimeOffset now) =>
        from is { } start ? Format(now - new DateTimeOffset(DateTime.SpecifyKind(start, DateTimeKind.Utc))) : "<unknown>";

    /// <summary>Formats a duration.</summary>
    public static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        if (seconds < -1)
            return "<invalid>";
        if (seconds < 0)
            return "0s";
        if (seconds < 120)
            return Text($"{seconds}s");

        var minutes = seconds / 60;
        if (minutes < 10)
            return seconds % 60 == 0 ? Text($"{minutes}m") : Text($"{minutes}m{seconds % 60}s");
        if (minutes < 180)
            return Text($"{minutes}m");

        var hours = minutes / 60;
        if (hours < 8)
            return minutes % 60 == 0 ? Text($"{hours}h") : Text($"{hours}h{minutes % 60}m");
        if (hours < 48)
            return Text($"{hours}h");

        var days = hours / 24;
        if (hours < 192)
            return hours % 24 == 0 ? Text($"{days}d") : Text($"{days}d{hours % 24}h");
        if (days < 730)
            return Text($"{days}d");

        var years = days / 365;
        return years < 8 && days % 365 != 0 ? Text($"{years}y{days % 365}d") : Text($"{years}y");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
