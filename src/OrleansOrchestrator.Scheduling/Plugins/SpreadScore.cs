using System.Numerics;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Sums up the pods in a node's domains over several spread constraints, and turns the sums into scores: 100 for the fewest pods, less
/// for more. Constraints with many domains weigh more, because one pod too many matters more there (kube-scheduler's formula).
/// </summary>
internal readonly ref struct SpreadScore(CandidateSet candidates, int pluginWeight)
{
    // The sum of a node without a required label: it gets no score.
    private const float NoScore = float.MaxValue;

    private readonly Span<float> _crowds = candidates.ClearedCrowds();

    public static double DomainWeight(int domains) => Math.Log(domains + 2);

    /// <summary>Adds a constraint whose domains are the nodes themselves.</summary>
    public void AddNodes(PodCounter counter, int maxSkew)
    {
        var counts = counter.ByRow;
        var weight = (float)DomainWeight(RowScan.CountCandidates(candidates.Scores));
        var skew = new Vector<float>(maxSkew - 1);
        var row = 0;
        for (; row <= _crowds.Length - Vector<float>.Count; row += Vector<float>.Count)
        {
            var crowd = (Vector.ConvertToSingle(new Vector<int>(counts[row..])) * weight) + skew;
            (new Vector<float>(_crowds[row..]) + crowd).CopyTo(_crowds[row..]);
        }

        for (; row < _crowds.Length; row++)
            _crowds[row] += (counts[row] * weight) + skew[0];
    }

    /// <summary>Adds a constraint over the values of a label.</summary>
    /// <param name="counter">The pods that are counted.</param>
    /// <param name="column">The label's values by row.</param>
    /// <param name="maxSkew">The constraint's maxSkew.</param>
    /// <param name="isRequired">Whether nodes without the label get no score at all.</param>
    /// <param name="isCounted">Whether the pods of the node at a row count; null if all do.</param>
    public void AddDomains(PodCounter counter, TopologyColumn column, int maxSkew, bool isRequired, Predicate<int>? isCounted)
    {
        var scores = candidates.Scores;
        var domains = column.ByRow[..scores.Length];
        var counts = counter.ByRow[..scores.Length];
        // One more entry, at the front, for nodes without the label.
        var totals = new int[column.DomainLimit + 1];
        var isUsed = new bool[column.DomainLimit + 1];
        for (var row = 0; row < scores.Length; row++)
        {
            var place = domains[row] + 1;
            isUsed[place] |= scores[row] >= 0;
            if (counts[row] > 0 && isCounted?.Invoke(row) != false)
                totals[place] += counts[row];
        }

        var weight = DomainWeight(isUsed.AsSpan(1).Count(true));
        var crowds = Array.ConvertAll(totals, total => (float)((total * weight) + maxSkew - 1));
        crowds[0] = isRequired ? NoScore : 0;
        for (var row = 0; row < scores.Length; row++)
            _crowds[row] += crowds[domains[row] + 1];
    }

    /// <summary>Adds the normalised scores to the candidates.</summary>
    public void Apply()
    {
        var scores = candidates.Scores;
        var (min, max) = FindRange(scores);
        // Equal sums make no difference.
        if (max <= min)
            return;
        var factor = 100 / max;
        var top = new Vector<float>(max + min);
        var row = 0;
        for (; row <= scores.Length - Vector<int>.Count; row += Vector<int>.Count)
        {
            var old = new Vector<int>(scores[row..]);
            var crowd = new Vector<float>(_crowds[row..]);
            var score = Vector.ConvertToInt32(Vector.Max((top - crowd) * factor, Vector<float>.Zero)) * pluginWeight;
            Vector.ConditionalSelect(Vector.LessThan(old, Vector<int>.Zero), old, old + score).CopyTo(scores[row..]);
        }

        for (; row < scores.Length; row++)
        {
            if (scores[row] >= 0)
                scores[row] += pluginWeight * (int)Math.Max((top[0] - _crowds[row]) * factor, 0);
        }
    }

    private (float Min, float Max) FindRange(ReadOnlySpan<int> scores)
    {
        var mins = new Vector<float>(float.MaxValue);
        var maxs = Vector<float>.Zero;
        var row = 0;
        for (; row <= scores.Length - Vector<int>.Count; row += Vector<int>.Count)
        {
            var crowd = new Vector<float>(_crowds[row..]);
            var isScored = Vector.GreaterThanOrEqual(new Vector<int>(scores[row..]), Vector<int>.Zero)
                & Vector.LessThan(crowd, new Vector<float>(NoScore));
            mins = Vector.ConditionalSelect(isScored, Vector.Min(mins, crowd), mins);
            maxs = Vector.ConditionalSelect(isScored, Vector.Max(maxs, crowd), maxs);
        }

        var (min, max) = (float.MaxValue, 0f);
        for (var i = 0; i < Vector<float>.Count; i++)
            (min, max) = (Math.Min(min, mins[i]), Math.Max(max, maxs[i]));
        for (; row < scores.Length; row++)
        {
            if (scores[row] >= 0 && _crowds[row] < NoScore)
                (min, max) = (Math.Min(min, _crowds[row]), Math.Max(max, _crowds[row]));
        }

        return (min, max);
    }
}
