using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Adds up how crowded a node's domains are over several spread constraints, and turns that into scores: 100 for the
/// least crowded, falling with the crowd. Constraints with many domains weigh more, because a pod too many matters more
/// there (kube-scheduler's formula).
/// </summary>
internal ref struct SpreadScore(CandidateSet candidates, int pluginWeight)
{
    public const int NodeSkew = 3;
    public const int ZoneSkew = 5;

    private readonly double[] _raw = new double[candidates.Scores.Length];
    private readonly bool[] _isIgnored = new bool[candidates.Scores.Length];

    public static double DomainWeight(int domains) => Math.Log(domains + 2);

    public static double Raw(int count, double weight, int maxSkew) => (count * weight) + (maxSkew - 1);

    /// <summary>Adds a constraint whose domains are the nodes themselves.</summary>
    public readonly void AddNodes(PodCounter counter, int maxSkew)
    {
        var scores = candidates.Scores;
        var counts = counter.ByRow;
        var nodes = 0;
        foreach (var score in scores)
            nodes += score >= 0 ? 1 : 0;
        var weight = DomainWeight(nodes);
        for (var row = 0; row < scores.Length; row++)
            _raw[row] += Raw(counts[row], weight, maxSkew);
    }

    /// <summary>Adds a constraint over the values of a label.</summary>
    /// <param name="counter">The pods that are counted.</param>
    /// <param name="column">The label's values by row.</param>
    /// <param name="maxSkew">The skew that is borne.</param>
    /// <param name="isRequired">Whether nodes without the label get no score at all.</param>
    /// <param name="isCounted">Whether the pods of a node count.</param>
    public readonly void AddDomains(PodCounter counter, TopologyColumn column, int maxSkew, bool isRequired, Func<int, NodeRecord, bool> isCounted)
    {
        var scores = candidates.Scores;
        var domains = column.ByRow;
        var counts = counter.ByRow;
        var totals = new int[column.DomainLimit];
        var isUsed = new bool[column.DomainLimit];
        var used = 0;
        for (var row = 0; row < scores.Length; row++)
        {
            var domain = domains[row];
            if (domain == TopologyColumn.NoDomain)
                continue;
            if (scores[row] >= 0 && !isUsed[domain])
            {
                isUsed[domain] = true;
                used++;
            }

            if (counts[row] > 0 && isCounted(row, candidates.Nodes.Record(row)))
                totals[domain] += counts[row];
        }

        var weight = DomainWeight(used);
        for (var row = 0; row < scores.Length; row++)
        {
            if (domains[row] != TopologyColumn.NoDomain)
                _raw[row] += Raw(totals[domains[row]], weight, maxSkew);
            else
                _isIgnored[row] |= isRequired;
        }
    }

    /// <summary>Adds the normalised scores to the candidates.</summary>
    public readonly void Apply()
    {
        var scores = candidates.Scores;
        var (min, max) = (double.MaxValue, 0.0);
        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] < 0 || _isIgnored[row])
                continue;
            (min, max) = (Math.Min(min, _raw[row]), Math.Max(max, _raw[row]));
        }

        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] < 0 || _isIgnored[row])
                continue;
            scores[row] += pluginWeight * (max == 0 ? 100 : (int)(100 * (max + min - _raw[row]) / max));
        }
    }
}
