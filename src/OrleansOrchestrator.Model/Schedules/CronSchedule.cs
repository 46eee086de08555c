using System.Diagnostics.CodeAnalysis;
using Cronos;

namespace OrleansOrchestrator.Model.Schedules;

/// <summary>A cron schedule: five fields, or one of the descriptors such as <c>@daily</c>. Immutable.</summary>
/// <remarks>
/// Cronos reads it and counts the time. Two things differ there from cron as Kubernetes has it, and are made up for here: days of
/// the month and of the week that both restrict are alternatives, and a field of seconds does not exist. What Cronos reads beyond
/// Kubernetes (7 for Sunday, L, W and #) is welcome; <c>@every</c> is not read.
/// </remarks>
public sealed class CronSchedule
{
    private const int DayOfMonth = 2;
    private const int DayOfWeek = 4;
    private const int FieldCount = 5;

    // Next occurrences are those of the first one to occur.
    private readonly CronExpression[] _alternatives;

    private CronSchedule(params CronExpression[] alternatives) => _alternatives = alternatives;

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">The text; it may begin with <c>TZ=</c> or <c>CRON_TZ=</c> and a zone, which is checked and left to the caller.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="fault">What is wrong with the text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? fault)
    {
        try
        {
            schedule = Parse(WithoutZone(text));
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

    /// <summary>The first time after a moment.</summary>
    /// <param name="after">The moment; it is not itself an answer.</param>
    /// <param name="zone">Whose clocks the schedule goes by. A time that they skip is made up for right after; one that they show twice counts once.</param>
    /// <returns>The time; null if there is none any more, as on 30 February.</returns>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone) =>
        _alternatives.Select(alternative => alternative.GetNextOccurrence(after, zone)).Where(time => time is not null).Min();

    private static CronSchedule Parse(string text)
    {
        if (text.StartsWith('@'))
            return new CronSchedule(ParseDescriptor(text));
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != FieldCount)
            throw new FormatException($"expected exactly {FieldCount} fields, found {fields.Length}: [{string.Join(' ', fields)}]");
        return IsRestricted(fields[DayOfMonth]) && IsRestricted(fields[DayOfWeek])
            ? new CronSchedule(ParseFields(fields, without: DayOfWeek), ParseFields(fields, without: DayOfMonth))
            : new CronSchedule(ParseFields(fields));
    }

    private static CronExpression ParseDescriptor(string text) => text switch
    {
        "@yearly" or "@annually" => CronExpression.Yearly,
        "@monthly" => CronExpression.Monthly,
        "@weekly" => CronExpression.Weekly,
        "@daily" or "@midnight" => CronExpression.Daily,
        "@hourly" => CronExpression.Hourly,
        _ => throw new FormatException($"unrecognized descriptor: {text}"),
    };

    // Cronos takes "?" for days only, where it means the same as "*".
    private static CronExpression ParseFields(string[] fields, int without = -1) =>
        CronExpression.Parse(string.Join(' ', fields.Select((field, index) => index == without || field == "?" ? "*" : field)));

    private static bool IsRestricted(string field) => !field.StartsWith('*') && !field.StartsWith('?');

    private static string WithoutZone(string text)
    {
        if (!text.StartsWith("TZ=", StringComparison.Ordinal) && !text.StartsWith("CRON_TZ=", StringComparison.Ordinal))
            return text;
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        var zone = text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..(end < 0 ? text.Length : end)];
        if (!TimeZones.TryFind(zone, out _))
            throw new FormatException($"provided bad location {zone}: unknown time zone {zone}");
        return end < 0 ? "" : text[end..].Trim();
    }
}
