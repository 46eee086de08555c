using System.Diagnostics;

namespace OrleansOrchestrator.LoadTests.Measuring;

/// <summary>How long each of a bounded number of requests took. Each slot is written by one worker only.</summary>
internal sealed class Latencies(int count)
{
    private const long Failed = -1;
    private readonly long[] _ticks = new long[count];

    /// <summary>Takes note of a request that was answered as it should be.</summary>
    public void Succeeded(int index, long startedTimestamp) => _ticks[index] = Math.Max(1, Stopwatch.GetTimestamp() - startedTimestamp);

    /// <summary>Takes note of a request that failed.</summary>
    public void Fail(int index) => _ticks[index] = Failed;

    /// <summary>What came of it; requests that were never made are left out.</summary>
    public (int Succeeded, int Failed, double P50, double P99) Summarize()
    {
        var good = _ticks.Where(ticks => ticks > 0).Order().ToArray();
        return (good.Length, _ticks.Count(ticks => ticks == Failed), MillisecondsAt(good, 0.50), MillisecondsAt(good, 0.99));
    }

    private static double MillisecondsAt(long[] sorted, double quantile) => sorted.Length == 0
        ? double.NaN
        : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))] * 1000.0 / Stopwatch.Frequency;
}
