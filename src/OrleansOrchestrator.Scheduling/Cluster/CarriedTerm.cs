using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// An affinity term of assigned pods, and where they run. Affinity is symmetric: it also restricts where pods that match the term may
/// run. Counts are sparse, because a cluster has as many terms as workloads.
/// </summary>
internal sealed class CarriedTerm(AffinityTerm term)
{
    private readonly Dictionary<int, int> _carriersByRow = [];

    public AffinityTerm Term { get; } = term;

    /// <summary>The number of pods with the term by row; rows without such pods are absent.</summary>
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
