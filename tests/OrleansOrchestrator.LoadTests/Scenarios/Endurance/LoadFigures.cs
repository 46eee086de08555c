using System.Diagnostics;

namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>Counts what clients do, from one look to the next.</summary>
internal sealed class LoadFigures
{
    private readonly Lock _gate = new();
    private long _lastWrite = Stopwatch.GetTimestamp();
    private Interval _now;

    public void Acknowledged()
    {
        lock (_gate)
        {
            var gap = Stopwatch.GetElapsedTime(_lastWrite);
            _lastWrite = Stopwatch.GetTimestamp();
            _now = _now with { Writes = _now.Writes + 1, LongestGap = gap > _now.LongestGap ? gap : _now.LongestGap };
        }
    }

    public void Answered()
    {
        lock (_gate)
            _now = _now with { Others = _now.Others + 1 };
    }

    public void Failed()
    {
        lock (_gate)
            _now = _now with { Failures = _now.Failures + 1 };
    }

    public void Received(int events)
    {
        lock (_gate)
            _now = _now with { Events = _now.Events + events };
    }

    public Interval Take()
    {
        lock (_gate)
        {
            var taken = _now;
            _now = default;
            return taken;
        }
    }

    /// <summary>What happened in a time.</summary>
    /// <param name="Writes">Writes that were acknowledged.</param>
    /// <param name="Others">Other requests that were answered.</param>
    /// <param name="Failures">Requests that were not answered, or refused.</param>
    /// <param name="Events">Events that watches received.</param>
    /// <param name="LongestGap">The longest time between two acknowledged writes.</param>
    public readonly record struct Interval(long Writes, long Others, long Failures, long Events, TimeSpan LongestGap);
}
