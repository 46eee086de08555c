using System.Globalization;

namespace OrleansOrchestrator.Model.Schedules;

/// <summary>One of the fields of a cron schedule: its bounds, and the names that stand for numbers in it.</summary>
internal sealed class CronField(int min, int max, params string[] names)
{
    public static readonly CronField Minutes = new(0, 59);
    public static readonly CronField Hours = new(0, 23);
    public static readonly CronField Days = new(1, 31);
    public static readonly CronField Months = new(1, 12, "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    public static readonly CronField Weekdays = new(0, 6, "sun", "mon", "tue", "wed", "thu", "fri", "sat");

    /// <summary>Reads a field: ranges, separated by commas.</summary>
    /// <exception cref="FormatException">The text is malformed.</exception>
    public ulong Parse(string text)
    {
        var bits = 0UL;
        foreach (var range in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
            bits |= ParseRange(range);
        return bits;
    }

    // A range is "*", a number, or two with a hyphen between them, and may have a step.
    private ulong ParseRange(string text)
    {
        var rangeAndStep = text.Split('/');
        var ends = rangeAndStep[0].Split('-');
        var isAny = ends[0] is "*" or "?";
        var start = isAny ? min : ParseNumberOrName(ends[0]);
        var end = (isAny, ends.Length) switch
        {
            (true, _) => max,
            (_, 1) => start,
            (_, 2) => ParseNumberOrName(ends[1]),
            _ => throw new FormatException($"too many hyphens: {text}"),
        };
        var step = 1;
        switch (rangeAndStep.Length)
        {
            case 1:
                break;
            case 2:
                step = ParseNumber(rangeAndStep[1]);
                // A number with a step is where steps begin.
                if (ends.Length == 1)
                    end = max;
                break;
            default:
                throw new FormatException($"too many slashes: {text}");
        }

        Check(start, end, step, text);
        var bits = isAny && step == 1 ? CronSchedule.AnyBit : 0;
        for (long value = start; value <= end; value += step)
            bits |= 1UL << (int)value;
        return bits;
    }

    private void Check(int start, int end, int step, string text)
    {
        if (start < min)
            throw new FormatException($"beginning of range ({start}) below minimum ({min}): {text}");
        if (end > max)
            throw new FormatException($"end of range ({end}) above maximum ({max}): {text}");
        if (start > end)
            throw new FormatException($"beginning of range ({start}) beyond end of range ({end}): {text}");
        if (step == 0)
            throw new FormatException($"step of range should be a positive number: {text}");
    }

    private int ParseNumberOrName(string text)
    {
        var index = Array.IndexOf(names, text.ToLowerInvariant());
        return index >= 0 ? index + min : ParseNumber(text);
    }

    private static int ParseNumber(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw new FormatException($"failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax");
        if (number < 0)
            throw new FormatException($"negative number ({number}) not allowed: {text}");
        return (int)Math.Min(number, int.MaxValue);
    }
}
