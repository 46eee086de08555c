using System.Globalization;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>An immutable set of a Job's completion indexes. Its text form is <c>1,3-5,7</c>: in order, without duplicates.</summary>
public sealed class JobIndexes
{
    // Ranges in order. Between two ranges at least one index is missing.
    private readonly List<(int First, int Last)> _intervals;

    private JobIndexes(IEnumerable<(int First, int Last)> intervals)
    {
        _intervals = [];
        foreach (var (first, last) in intervals.Order())
        {
            if (_intervals is [.., var before] && first <= before.Last + 1L)
                _intervals[^1] = (before.First, Math.Max(before.Last, last));
            else
                _intervals.Add((first, last));
        }

        Count = _intervals.Sum(interval => interval.Last - interval.First + 1);
    }

    /// <summary>No indexes.</summary>
    public static JobIndexes None { get; } = new([]);

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Makes a set of indexes, given in any order.</summary>
    public static JobIndexes Of(IEnumerable<int> indexes) => new(indexes.Select(index => (index, index)));

    /// <summary>
    /// Reads a text that was validated before. Indexes beyond the completions are left out, because the completions may have been
    /// reduced.
    /// </summary>
    /// <param name="text">The text; null or empty for no indexes.</param>
    /// <param name="completions">All indexes are below it.</param>
    public static JobIndexes Parse(string? text, int completions) =>
        string.IsNullOrEmpty(text) ? None : new JobIndexes(Intervals(text, completions));

    /// <summary>Validates a text; null if it is valid.</summary>
    /// <param name="text">The text; empty for no indexes.</param>
    /// <param name="completions">All indexes are below it.</param>
    /// <param name="total">How many indexes there are.</param>
    public static string? FaultOf(string text, int completions, out int total)
    {
        ArgumentNullException.ThrowIfNull(text);
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

    /// <summary>Whether an index is in the set.</summary>
    public bool Contains(int index)
    {
        var (low, high) = (0, _intervals.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_intervals[middle].Last < index)
                low = middle + 1;
            else
                high = middle;
        }

        return low < _intervals.Count && _intervals[low].First <= index;
    }

    /// <summary>The union of this set and another one.</summary>
    public JobIndexes Union(JobIndexes other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Count == 0 ? this : new JobIndexes(_intervals.Concat(other._intervals));
    }

    /// <summary>How many indexes are in both this set and another one.</summary>
    public int CountShared(JobIndexes other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Count + other.Count - Union(other).Count;
    }

    /// <summary>The indexes below a bound that are not in the set, in order. The sequence is lazy.</summary>
    /// <param name="completions">All indexes are below it.</param>
    public IEnumerable<int> Missing(int completions)
    {
        var next = 0;
        foreach (var (first, last) in _intervals.Append((completions, completions)))
        {
            for (; next < first && next < completions; next++)
                yield return next;
            next = Math.Max(next, last + 1);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _intervals.Select(interval => (interval.Last - interval.First) switch
    {
        0 => Text($"{interval.First}"),
        // A range of two is no shorter than its two indexes.
        1 => Text($"{interval.First},{interval.Last}"),
        _ => Text($"{interval.First}-{interval.Last}"),
    }));

    private static IEnumerable<(int First, int Last)> Intervals(string text, int completions)
    {
        foreach (var interval in text.Split(','))
        {
            var parts = interval.Split('-');
            if (ReadIndex(parts[0], completions, out var first) is null
                && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first >= 0 && first <= last)
            {
                yield return (first, Math.Min(last, completions - 1));
            }
        }
    }

    private static string? ReadIndex(string text, int completions, out int index)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index))
            return $"cannot convert string to integer for index: \"{text}\"";
        return index >= completions ? $"too large index: \"{text}\"" : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
