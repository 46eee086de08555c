using System.Numerics;
using OrleansOrchestrator.Scheduling.Plugins;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>Searches over a number per row, a vector at a time.</summary>
internal static class RowScan
{
    /// <summary>The highest value; the given floor if all are lower.</summary>
    public static int Max(ReadOnlySpan<int> values, int floor)
    {
        var row = 0;
        var best = new Vector<int>(floor);
        for (; row <= values.Length - Vector<int>.Count; row += Vector<int>.Count)
            best = Vector.Max(best, new Vector<int>(values[row..]));
        var max = floor;
        for (var i = 0; i < Vector<int>.Count; i++)
            max = Math.Max(max, best[i]);
        for (; row < values.Length; row++)
            max = Math.Max(max, values[row]);
        return max;
    }

    /// <summary>How many rows have a value.</summary>
    public static int Count(ReadOnlySpan<int> values, int value)
    {
        var row = 0;
        var wanted = new Vector<int>(value);
        var counts = Vector<int>.Zero;
        for (; row <= values.Length - Vector<int>.Count; row += Vector<int>.Count)
            counts -= Vector.Equals(new Vector<int>(values[row..]), wanted);
        var count = Vector.Sum(counts);
        for (; row < values.Length; row++)
            count += values[row] == value ? 1 : 0;
        return count;
    }

    /// <summary>The row of the n-th occurrence of a value, counted from zero.</summary>
    public static int Find(ReadOnlySpan<int> values, int value, int n)
    {
        for (var from = 0; ;)
        {
            from += values[from..].IndexOf(value);
            if (n-- == 0)
                return from;
            from++;
        }
    }

    /// <summary>Adds the scores of a plugin after stretching them so that the highest among the candidates counts as 100.</summary>
    /// <param name="scores">The sums to add to; rows with a negative sum are no candidates.</param>
    /// <param name="raw">The plugin's scores by row.</param>
    /// <param name="plugin">The plugin.</param>
    public static void AddNormalized(Span<int> scores, ReadOnlySpan<int> raw, INodeScore plugin)
    {
        var max = 0;
        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] >= 0)
                max = Math.Max(max, raw[row]);
        }

        // Where all are zero the plugin makes no difference.
        if (max == 0)
            return;
        var isReversed = plugin.Normalization == Normalization.LowerIsBetter;
        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] < 0)
                continue;
            var score = (int)(100L * raw[row] / max);
            scores[row] += plugin.Weight * (isReversed ? 100 - score : score);
        }
    }
}
