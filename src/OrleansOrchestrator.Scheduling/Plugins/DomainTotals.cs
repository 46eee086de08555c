using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Counts pods per domain for each topology key of the terms. Thousands of terms over a few keys cost a few passes over the nodes.
/// Terms that match no pod, or whose key has no domain, cost none.
/// </summary>
internal readonly struct DomainTotals(NodeTable nodes)
{
    private readonly Dictionary<string, (TopologyColumn Column, long[] ByDomain)> _byKey = new(StringComparer.Ordinal);

    /// <summary>The sums by domain of a column; one entry per key.</summary>
    public Dictionary<string, (TopologyColumn Column, long[] ByDomain)>.ValueCollection All => _byKey.Values;

    /// <summary>Adds the pods that a counter counts.</summary>
    public void Add(string topologyKey, PodCounter counter, int weight)
    {
        if (counter.Total == 0)
            return;
        var (column, totals) = Get(topologyKey);
        for (var row = 0; row < nodes.RowLimit; row++)
        {
            if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain)
                totals[domain] += (long)weight * counter.ByRow[row];
        }
    }

    /// <summary>Adds to the domain of the node at a row.</summary>
    public void Add(string topologyKey, int row, long change)
    {
        // Most invented keys are on no node and need no column.
        if (!nodes.Record(row).Labels.ContainsKey(topologyKey))
            return;
        var (column, totals) = Get(topologyKey);
        if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain)
            totals[domain] += change;
    }

    /// <summary>Adds the pods with a term.</summary>
    public void Add(CarriedTerm carried, int weight)
    {
        foreach (var (row, count) in carried.CarriersByRow)
            Add(carried.Term.TopologyKey, row, (long)weight * count);
    }

    /// <summary>The sums of a key; all zero if nothing was added.</summary>
    public (TopologyColumn Column, long[] ByDomain) Get(string topologyKey)
    {
        if (!_byKey.TryGetValue(topologyKey, out var entry))
        {
            var column = nodes.Topology(topologyKey);
            _byKey.Add(topologyKey, entry = (column, new long[column.DomainLimit]));
        }

        return entry;
    }
}
