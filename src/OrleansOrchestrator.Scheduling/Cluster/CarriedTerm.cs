using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// An affinity term that assigned pods carry, and where they run. Affinity is symmetric: it also decides where the pods
/// go that the term means. Counts are sparse, because a cluster has as many terms as workloads.
/// </summary>
internal sealed class CarriedTerm(AffinityTerm term)
{
    private readonly Dictionary<int, int> _carriersByRow = [];

    public AffinityTerm Term { get; } = term;

    /// <summary>How many pods on each row carry the term; rows without are absent.</summary>
    public IReadOnlyDictionary<int, int> CarriersByRow => _carriersByRow;

    public void Add(int row, int change)
    {
        var count = _carriersByRow.GetValueOrDefault(row) + change;
        if (count == 0)
            _carriersByRow.Remove(row);
        else
            _carriersByRow[row] = count;
    }
}
