using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Adds up, for each topology key that terms name, how many pods run in each of its domains. Thousands of terms over a few
/// keys cost a few passes over the nodes; what matches no pod, or has no domain, costs none.
/// </summary>
internal readonly struct DomainTotals(CandidateSet candidates)
{
    private readonly Dictionary<string, (TopologyColumn Column, long[] ByDomain)> _byKey = new(StringComparer.Ordinal);

    /// <summary>The sums, by domain of a column; one entry for each key.</summary>
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

    /// <summary>Adds the pods that carry a term.</summary>
    public void Add(CarriedTerm carried, int weight)
    {
        var key = carried.Term.TopologyKey;
        foreach (var (row, count) in carried.CarriersByRow)
        {
            // Most keys that are made up stand on no node; they need no column.
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
