using System.Globalization;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Reads indexes in their text form, as in <c>1,3-5,7</c>: in order, and none twice.</summary>
internal static class JobIndexes
{
    /// <summary>What is wrong with a text; null if nothing is.</summary>
    /// <param name="text">The text; empty for no indexes.</param>
    /// <param name="completions">All indexes are below it.</param>
    /// <param name="total">How many indexes there are.</param>
    public static string? FaultOf(string text, int completions, out int total)
    {
        total = 0;
        if (text.Length == 0)
            return null;
        var last = -1;
        foreach (var interval in text.Split(','))
        {
            var parts = interval.Split('-');
            if (parts.Length > 2)
                return $"the fragment \"{interval}\" violates the requirement that an index interval can have at most two parts separated by '-'";
            if (ReadIndex(parts[0], completions, out var first) is { } firstFault)
                return firstFault;
            if (first <= last)
                return Text($"non-increasing order, previous: {last}, current: {first}");
            if (parts.Length == 1)
            {
                (last, total) = (first, total + 1);
                continue;
            }

            if (ReadIndex(parts[1], completions, out var end) is { } endFault)
                return endFault;
            if (end <= first)
                return Text($"non-increasing order, previous: {first}, current: {end}");
            (last, total) = (end, total + end - first + 1);
        }

        return null;
    }

    private static string? ReadIndex(string text, int completions, out int index)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index))
            return $"cannot convert string to integer for index: \"{text}\"";
        return index >= completions ? $"too large index: \"{text}\"" : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
