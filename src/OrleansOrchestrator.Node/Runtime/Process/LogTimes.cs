using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>The lengths of a log over time.</summary>
internal sealed class LogTimes
{
    private readonly List<long> _lengths = [];
    private readonly List<DateTimeOffset> _times = [];
    private readonly DateTimeOffset _last;

    private LogTimes(DateTimeOffset last) => _last = last;

    /// <param name="path">The index: lines with a length and a time in milliseconds since 1970.</param>
    /// <param name="last">The time of what the index does not cover yet.</param>
    public static LogTimes Read(string path, DateTimeOffset last)
    {
        var times = new LogTimes(last);
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            var parts = line.Split(' ');
            if (parts.Length == 2
                && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var time))
            {
                times._lengths.Add(length);
                times._times.Add(DateTimeOffset.FromUnixTimeMilliseconds(time));
            }
        }

        return times;
    }

    /// <summary>When the log was first seen at this length or more.</summary>
    public DateTimeOffset At(long length)
    {
        var index = _lengths.BinarySearch(length);
        index = index < 0 ? ~index : index;
        return index < _times.Count ? _times[index] : _last;
    }
}
