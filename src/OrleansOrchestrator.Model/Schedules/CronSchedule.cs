using System.Diagnostics.CodeAnalysis;
using Cronos;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Schedules;

/// <summary>A cron schedule: five fields, a descriptor such as <c>@daily</c>, or an interval such as <c>@every 10m</c>. Immutable.</summary>
/// <remarks>
/// <see cref="CronField"/> reads the fields as Kubernetes does, and Cronos computes times. Days of the month and of the week that are both
/// restricted are alternatives.
/// </remarks>
public sealed class CronSchedule
{
    private const int DayOfMonth = 2;
    private const int DayOfWeek = 4;
    private const string Every = "@every ";

    private static readonly TimeSpan IntervalMin = TimeSpan.FromSeconds(1);

    // The next time is the earliest of any alternative.
    private readonly CronExpression[] _alternatives;

    private CronSchedule(params CronExpression[] alternatives) => _alternatives = alternatives;

    /// <summary>The time from each time to the next one, whatever the clocks show; null for a schedule that goes by clocks.</summary>
    public TimeSpan? Interval { get; private init; }

    /// <summary>Parses a schedule.</summary>
    /// <param name="text">The text; it may begin with <c>TZ=</c> or <c>CRON_TZ=</c> and a zone, which is validated and left to the
    /// caller.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="fault">The fault of the text.</param>
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
    /// <param name="after">The moment, itself excluded. An <see cref="Interval"/> begins at it.</param>
    /// <param name="zone">The time zone. A time skipped by the zone's clocks occurs right after the gap; a repeated time occurs
    /// once.</param>
    /// <returns>The time; null if there is none, as for 30 February.</returns>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        if (Interval is not { } interval)
            return _alternatives.Select(alternative => alternative.GetNextOccurrence(after, zone)).Where(time => time is not null).Min();
        return after > DateTimeOffset.MaxValue - interval ? null : WholeSeconds(after) + interval;
    }

    private static CronSchedule Parse(string text)
    {
        if (text.StartsWith(Every, StringComparison.Ordinal))
            return new CronSchedule { Interval = ParseInterval(text) };
        if (text.StartsWith('@'))
            return new CronSchedule(ParseDescriptor(text));
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != CronField.All.Count)
            throw new FormatException($"expected exactly {CronField.All.Count} fields, found {fields.Length}: [{string.Join(' ', fields)}]");
        var values = fields.Zip(CronField.All, (field, kind) => kind.Read(field)).ToArray();
        string?[] all = [.. values.Select(field => field.Values)];
        return values[DayOfMonth].IsOpen || values[DayOfWeek].IsOpen
            ? new CronSchedule([.. ExpressionOf(all)])
            : new CronSchedule([.. ExpressionOf(Open(all, DayOfWeek)), .. ExpressionOf(Open(all, DayOfMonth))]);
    }

    private static string?[] Open(string?[] fields, int one)
    {
        string?[] others = [.. fields];
        others[one] = "*";
        return others;
    }

    // A field without values has no times.
    private static IEnumerable<CronExpression> ExpressionOf(string?[] fields) =>
        Array.TrueForAll(fields, field => field is not null) ? [CronExpression.Parse(string.Join(' ', fields))] : [];

    private static TimeSpan ParseInterval(string text)
    {
        try
        {
            var interval = GoSyntax.ParseDuration(text[Every.Length..]);
            return interval < IntervalMin ? IntervalMin : TimeSpan.FromSeconds(Math.Floor(interval.TotalSeconds));
        }
        catch (FormatException malformed)
        {
            throw new FormatException($"failed to parse duration {text}: {malformed.Message}");
        }
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));

    private static CronExpression ParseDescriptor(string text) => text switch
    {
        "@yearly" or "@annually" => CronExpression.Yearly,
        "@monthly" => CronExpression.Monthly,
        "@weekly" => CronExpression.Weekly,
        "@daily" or "@midnight" => CronExpression.Daily,
        "@hourly" => CronExpression.Hourly,
        _ => throw new FormatException($"unrecognized descriptor: {text}"),
    };

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
