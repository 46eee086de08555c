using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// How many pods a required constraint counts in each domain, and in the emptiest one. They are counted once for an attempt, and follow the pods
/// that come and go for a trial.
/// </summary>
/// <param name="constraint">The constraint.</param>
/// <param name="column">The domains of its topology key.</param>
/// <param name="own">One if the pod counts itself, zero otherwise.</param>
internal sealed class SpreadCount(SpreadConstraint constraint, TopologyColumn column, int own)
{
    private readonly int[] _totals = NoTotals(column.DomainLimit);
    private int? _emptiest;

    public SpreadConstraint Constraint => constraint;

    /// <summary>Adds the pods of the node at a row, whose domain counts from then on.</summary>
    public void Add(int row, int count)
    {
        ref var total = ref _totals[column.ByRow[row]];
        var before = total;
        total = Math.Max(before, 0) + count;
        if (total < _emptiest)
            _emptiest = total;
        else if (before == _emptiest)
            _emptiest = null;
    }

    /// <summary>Whether one more pod on the node at a row, which has the label, would exceed the skew.</summary>
    public bool IsCrowded(int row) => Math.Max(_totals[column.ByRow[row]], 0) + own - (_emptiest ??= FindEmptiest()) > constraint.MaxSkew;

    private int FindEmptiest()
    {
        var emptiest = int.MaxValue;
        var domains = 0;
        foreach (var total in _totals)
        {
            if (total < 0)
                continue;
            domains++;
            emptiest = Math.Min(emptiest, total);
        }

        return domains < constraint.MinDomains ? 0 : emptiest;
    }

    private static int[] NoTotals(int domains)
    {
        var totals = new int[domains];
        Array.Fill(totals, -1);
        return totals;
    }
}
