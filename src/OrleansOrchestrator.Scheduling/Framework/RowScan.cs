using System.Numerics;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>Searches over a number per row, one vector at a time.</summary>
internal static class RowScan
{
    // Some vectors per block: the count of a block is cheap beside a search in it.
    private const int BlockRows = 128;

    /// <summary>The highest value; the floor if all are lower.</summary>
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

    /// <summary>The number of rows with a value.</summary>
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

    /// <summary>The number of candidates, whose scores are not negative.</summary>
    public static int CountCandidates(ReadOnlySpan<int> scores)
    {
        var row = 0;
        var counts = Vector<int>.Zero;
        for (; row <= scores.Length - Vector<int>.Count; row += Vector<int>.Count)
            counts -= Vector.GreaterThanOrEqual(new Vector<int>(scores[row..]), Vector<int>.Zero);
        var count = Vector.Sum(counts);
        for (; row < scores.Length; row++)
            count += scores[row] >= 0 ? 1 : 0;
        return count;
    }

    /// <summary>The row of the n-th occurrence of a value, from zero.</summary>
    public static int Find(ReadOnlySpan<int> values, int value, int n)
    {
        // Counts whole blocks first, which costs a fraction of a search for each occurrence.
        for (var block = 0; block < values.Length; block += BlockRows)
        {
            var rest = values.Slice(block, Math.Min(BlockRows, values.Length - block));
            var count = Count(rest, value);
            if (n >= count)
            {
                n -= count;
                continue;
            }

            var row = -1;
            do
                row += 1 + rest[(row + 1)..].IndexOf(value);
            while (n-- > 0);
            return block + row;
        }

        throw new ArgumentOutOfRangeException(nameof(n), "the value does not occur so often");
    }

    /// <summary>Adds a plugin's scores after normalising them so that the highest among the candidates is 100.</summary>
    /// <param name="scores">The sums to add to; rows with a negative sum are no candidates.</param>
    /// <param name="raw">The plugin's scores by row.</param>
    /// <param name="score">The plugin, and its weight.</param>
    public static void AddNormalized(Span<int> scores, ReadOnlySpan<int> raw, WeightedScore<INodeScore> score)
    {
        var max = 0;
        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] >= 0)
                max = Math.Max(max, raw[row]);
        }

        // With only zeros the plugin makes no difference.
        if (max == 0)
            return;
        var isReversed = score.Plugin.Normalization == Normalization.LowerIsBetter;
        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] < 0)
                continue;
            var stretched = (int)(100L * raw[row] / max);
            scores[row] += score.Weight * (isReversed ? 100 - stretched : stretched);
        }
    }
}
