using System.Diagnostics.CodeAnalysis;

namespace OrleansOrchestrator.Model.Schedules;

/// <summary>
/// A cron schedule as Kubernetes reads it: five fields, or one of the descriptors such as <c>@daily</c>. Immutable.
/// </summary>
/// <remarks>
/// The dialect and the words of its faults are those of robfig/cron, which Kubernetes uses. It has names of months and weekdays,
/// lists, ranges and steps, and <c>?</c> for <c>*</c>; it has neither 7 for Sunday nor L, W and #.
/// </remarks>
public sealed class CronSchedule
{
    /// <summary>Marks a field that is <c>*</c>: of the two kinds of days, one that restricts decides alone.</summary>
    public const ulong AnyBit = 1UL << 63;

    private CronSchedule(ulong minutes, ulong hours, ulong days, ulong months, ulong weekdays)
    {
        Minutes = minutes;
        Hours = hours;
        Days = days;
        Months = months;
        Weekdays = weekdays;
    }

    private CronSchedule(TimeSpan every) => Every = every;

    /// <summary>The minutes of an hour as bits, from bit 0.</summary>
    public ulong Minutes { get; }

    /// <summary>The hours of a day as bits, from bit 0.</summary>
    public ulong Hours { get; }

    /// <summary>The days of a month as bits, from bit 1; with <see cref="AnyBit"/> if they do not restrict.</summary>
    public ulong Days { get; }

    /// <summary>The months of a year as bits, from bit 1.</summary>
    public ulong Months { get; }

    /// <summary>The days of a week as bits, from bit 0 for Sunday; with <see cref="AnyBit"/> if they do not restrict.</summary>
    public ulong Weekdays { get; }

    /// <summary>The period of an <c>@every</c> schedule, counted from the last time; null for all others.</summary>
    public TimeSpan? Every { get; }

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">The text; it may begin with <c>TZ=</c> or <c>CRON_TZ=</c> and a zone.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="fault">What is wrong with the text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? fault)
    {
        try
        {
            schedule = Parse(text);
            fault = null;
            return true;
        }
        catch (FormatException malformed)
        {
            schedule = null;
            fault = malformed.Message;
            return false;
        }
    }

    private static CronSchedule Parse(string text)
    {
        if (text.Length == 0)
            throw new FormatException("empty spec string");
        if (text.StartsWith("TZ=", StringComparison.Ordinal) || text.StartsWith("CRON_TZ=", StringComparison.Ordinal))
            text = WithoutZone(text);
        return text.StartsWith('@') ? ParseDescriptor(text) : ParseFields(text);
    }

    private static string WithoutZone(string text)
    {
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        var zone = text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..(end < 0 ? text.Length : end)];
        if (!TimeZones.TryFind(zone, out _))
            throw new FormatException($"provided bad location {zone}: unknown time zone {zone}");
        return end < 0 ? "" : text[end..].Trim();
    }

    private static CronSchedule ParseDescriptor(string text) => text switch
    {
        "@yearly" or "@annually" => ParseFields("0 0 1 1 *"),
        "@monthly" => ParseFields("0 0 1 * *"),
        "@weekly" => ParseFields("0 0 * * 0"),
        "@daily" or "@midnight" => ParseFields("0 0 * * *"),
        "@hourly" => ParseFields("0 * * * *"),
        _ when text.StartsWith("@every ", StringComparison.Ordinal) => new CronSchedule(ParsePeriod(text, text["@every ".Length..])),
        _ => throw new FormatException($"unrecognized descriptor: {text}"),
    };

    private static TimeSpan ParsePeriod(string text, string duration)
    {
        if (!GoDuration.TryParse(duration, out var period, out var fault))
            throw new FormatException($"failed to parse duration {text}: {fault}");
        var seconds = Math.Max(1, Math.Floor(period.TotalSeconds));
        return TimeSpan.FromSeconds(seconds);
    }

    private static CronSchedule ParseFields(string text)
    {
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
            throw new FormatException($"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]");
        return new CronSchedule(
            CronField.Minutes.Parse(fields[0]), CronField.Hours.Parse(fields[1]), CronField.Days.Parse(fields[2]),
            CronField.Months.Parse(fields[3]), CronField.Weekdays.Parse(fields[4]));
    }
}
