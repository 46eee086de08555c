using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>Counts pods per node: those that match a predicate, or those of one owner.</summary>
internal sealed class PodCounter
{
    private int[] _byRow;

    public PodCounter(PodPredicate? predicate, string? ownerUid, int rows)
    {
        Predicate = predicate;
        OwnerUid = ownerUid;
        _byRow = new int[rows];
    }

    /// <summary>The predicate; null if it counts an owner's pods.</summary>
    public PodPredicate? Predicate { get; }

    /// <summary>The owner; null if it counts by predicate.</summary>
    public string? OwnerUid { get; }

    /// <summary>The sum over all nodes.</summary>
    public int Total { get; private set; }

    /// <summary>When it was last used, in requests for counters.</summary>
    public long LastUsed { get; set; }

    /// <summary>The counts by row.</summary>
    public ReadOnlySpan<int> ByRow => _byRow;

    public void Add(AssignedPod pod, int change)
    {
        if (pod.Info.IsTerminating && Predicate?.IgnoresTerminating != false)
            return;
        _byRow[pod.Row] += change;
        Total += change;
    }

    public void Resize(int rows) => Array.Resize(ref _byRow, rows);
}
