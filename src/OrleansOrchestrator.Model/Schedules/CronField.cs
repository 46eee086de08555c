using System.Globalization;

namespace OrleansOrchestrator.Model.Schedules;

/// <summary>One of the fields of a cron schedule: which values it may have.</summary>
/// <remarks>
/// The grammar, the meaning of a star and the texts of faults are those of github.com/robfig/cron, by which Kubernetes reads schedules.
/// </remarks>
internal sealed class CronField
{
    private readonly int _min;
    private readonly int _max;
    private readonly string[] _names;

    private CronField(int min, int max, params string[] names) => (_min, _max, _names) = (min, max, names);

    /// <summary>The fields, in the order of a schedule.</summary>
    public static IReadOnlyList<CronField> All { get; } =
    [
        new(0, 59),
        new(0, 23),
        new(1, 31),
        new(1, 12, "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        new(0, 6, "sun", "mon", "tue", "wed", "thu", "fri", "sat"),
    ];

    /// <summary>Reads a field's values.</summary>
    /// <returns>
    /// The values in Cronos' language, null for none at all (a lone comma); and whether a star leaves the field open. A star with a
    /// step restricts it.
    /// </returns>
    /// <exception cref="FormatException">It is malformed.</exception>
    public (string? Values, bool IsOpen) Read(string text)
    {
        var ranges = text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ReadRange).ToList();
        if (ranges.Exists(range => range.IsOpen))
            return ("*", true);
        return ranges switch
        {
            [] => (null, false),
            [var range] => range,
            // A star with a step repeats with a repeated hour, but cannot be in a list.
            _ => (string.Join(',', ranges.Select(range => range.Values.Replace("*", Invariant($"{_min}-{_max}"), StringComparison.Ordinal))), false),
        };
    }

    private (string Values, bool IsOpen) ReadRange(string text)
    {
        var parts = text.Split('/');
        var ends = parts[0].Split('-');
        var isStar = ends[0] is "*" or "?";
        var start = isStar ? _min : ReadValue(ends[0]);
        var end = isStar ? _max : ends.Length switch
        {
            1 => start,
            2 => ReadValue(ends[1]),
            _ => throw new FormatException($"too many hyphens: {text}"),
        };
        var step = parts.Length switch
        {
            1 => 1,
            2 => ReadNumber(parts[1]),
            _ => throw new FormatException($"too many slashes: {text}"),
        };
        // A lone number with a step goes on to the greatest value.
        if (parts.Length == 2 && ends.Length == 1)
            end = _max;
        Check(start, end, step, text);
        return (isStar && step == 1) switch
        {
            true => ("*", true),
            false when step > end - start => (Invariant($"{start}"), false),
            false when isStar => (Invariant($"*/{step}"), false),
            false => (Invariant($"{start}-{end}/{step}"), false),
        };
    }

    private void Check(int start, int end, int step, string text)
    {
        if (start < _min)
            throw new FormatException(Invariant($"beginning of range ({start}) below minimum ({_min}): {text}"));
        if (end > _max)
            throw new FormatException(Invariant($"end of range ({end}) above maximum ({_max}): {text}"));
        if (start > end)
            throw new FormatException(Invariant($"beginning of range ({start}) beyond end of range ({end}): {text}"));
        if (step == 0)
            throw new FormatException($"step of range should be a positive number: {text}");
    }

    private int ReadValue(string text)
    {
        var named = Array.FindIndex(_names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return named < 0 ? ReadNumber(text) : named + _min;
    }

    private static int ReadNumber(string text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number >= 0 ? number : throw new FormatException(Invariant($"negative number ({number}) not allowed: {text}"));
        var why = text.Length > 0 && text.TrimStart('+', '-').All(char.IsAsciiDigit) ? "value out of range" : "invalid syntax";
        throw new FormatException($"failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": {why}");
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
