using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Counts pods per domain for each topology key of the terms. Thousands of terms over a few keys cost a few passes over the nodes.
/// Terms that match no pod, or whose key has no domain, cost none.
/// </summary>
internal readonly struct DomainTotals(CandidateSet candidates)
{
    private readonly Dictionary<string, (TopologyColumn Column, long[] ByDomain)> _byKey = new(StringComparer.Ordinal);

    /// <summary>The sums by domain of a column; one entry per key.</summary>
    public Dictionary<string, (TopologyColumn Column, long[] ByDomain)>.ValueCollection All => _byKey.Values;

    /// <summary>The counts of a counter by domain.</summary>
    public static long[] Of(TopologyColumn column, PodCounter counter, int rows)
    {
        var totals = new long[column.DomainLimit];
        Add(totals, column, counter, rows, 1);
        return totals;
    }

    /// <summary>Adds the pods that a counter counts.</summary>
    public void Add(string topologyKey, PodCounter counter, int weight)
    {
        if (counter.Total == 0)
            return;
        var (column, totals) = Get(topologyKey);
        Add(totals, column, counter, candidates.Scores.Length, weight);
    }

    /// <summary>Adds the pods with a term.</summary>
    public void Add(CarriedTerm carried, int weight)
    {
        var key = carried.Term.TopologyKey;
        foreach (var (row, count) in carried.CarriersByRow)
        {
            // Most invented keys are on no node and need no column.
            if (!candidates.Nodes.Record(row).Labels.ContainsKey(key))
                continue;
            var (column, totals) = Get(key);
            if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain)
                totals[domain] += (long)weight * count;
        }
    }

    private static void Add(long[] totals, TopologyColumn column, PodCounter counter, int rows, int weight)
    {
        for (var row = 0; row < rows; row++)
        {
            if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain)
                totals[domain] += (long)weight * counter.ByRow[row];
        }
    }

    private (TopologyColumn Column, long[] ByDomain) Get(string topologyKey)
    {
        if (!_byKey.TryGetValue(topologyKey, out var entry))
        {
            var column = candidates.Nodes.Topology(topologyKey);
            _byKey.Add(topologyKey, entry = (column, new long[column.DomainLimit]));
        }

        return entry;
    }
}
