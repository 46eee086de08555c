using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansOrchestrator.Model.Schedules;

/// <summary>Durations in the form that Kubernetes' own language writes them in, as in <c>1h30m</c> and <c>1.5s</c>.</summary>
/// <remarks>See ParseDuration in the Go package time, whose words faults have.</remarks>
internal static class GoDuration
{
    // The shortest are below what a time span can tell, and are rounded down.
    private static readonly (string Unit, double Seconds)[] Units =
        [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)];

    public static bool TryParse(string text, out TimeSpan duration, [NotNullWhen(false)] out string? fault)
    {
        duration = TimeSpan.Zero;
        fault = null;
        var rest = text.AsSpan();
        var isNegative = rest is ['-', ..];
        if (rest is ['-' or '+', ..])
            rest = rest[1..];
        if (rest is "0")
            return true;
        if (rest.IsEmpty)
            fault = $"time: invalid duration \"{text}\"";
        var seconds = 0.0;
        while (fault is null && !rest.IsEmpty)
            seconds += ReadPart(text, ref rest, out fault);
        if (fault is null && seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            fault = $"time: invalid duration \"{text}\"";
        if (fault is not null)
            return false;
        duration = TimeSpan.FromSeconds(isNegative ? -seconds : seconds);
        return true;
    }

    private static double ReadPart(string text, ref ReadOnlySpan<char> rest, out string? fault)
    {
        var digits = rest.IndexOfAnyExcept("0123456789.");
        var number = digits < 0 ? rest : rest[..digits];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            fault = $"time: invalid duration \"{text}\"";
            return 0;
        }

        rest = rest[number.Length..];
        var letters = rest.IndexOfAny("0123456789.");
        var unit = (letters < 0 ? rest : rest[..letters]).ToString();
        rest = rest[unit.Length..];
        var known = Units.FirstOrDefault(entry => entry.Unit == unit);
        fault = known.Unit is not null ? null
            : unit.Length == 0 ? $"time: missing unit in duration \"{text}\""
            : $"time: unknown unit \"{unit}\" in duration \"{text}\"";
        return amount * known.Seconds;
    }
}
