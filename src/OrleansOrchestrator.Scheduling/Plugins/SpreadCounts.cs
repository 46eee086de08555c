using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>What the required constraints of a pod count, for one attempt.</summary>
internal sealed class SpreadCounts
{
    private readonly CycleState _cycle;
    private readonly TopologyColumn[] _columns;
    private readonly SpreadCount[] _counts;

    /// <summary>Counts.</summary>
    /// <param name="cycle">The attempt.</param>
    /// <param name="required">The constraints.</param>
    /// <param name="counterOf">Counts the pods of a constraint by row.</param>
    /// <param name="countsItself">Whether a constraint counts the pod itself.</param>
    public SpreadCounts(CycleState cycle, SpreadConstraint[] required, Func<SpreadConstraint, PodCounter> counterOf, Predicate<SpreadConstraint> countsItself)
    {
        _cycle = cycle;
        _columns = Array.ConvertAll(required, constraint => cycle.Nodes.Topology(constraint.TopologyKey));
        _counts = new SpreadCount[required.Length];
        for (var i = 0; i < required.Length; i++)
        {
            _counts[i] = new SpreadCount(required[i], _columns[i], countsItself(required[i]) ? 1 : 0);
            var byRow = counterOf(required[i]).ByRow;
            for (var row = 0; row < cycle.Nodes.RowLimit; row++)
            {
                if (Counts(required[i], row))
                    _counts[i].Add(row, byRow[row]);
            }
        }
    }

    /// <summary>Whether the node at a row has the labels of all constraints.</summary>
    public bool HasAllLabels(int row)
    {
        foreach (var column in _columns)
        {
            if (column.ByRow[row] == TopologyColumn.NoDomain)
                return false;
        }

        return true;
    }

    /// <summary>Whether one more pod on the node at a row, which has all labels, would exceed the skew of a constraint.</summary>
    public bool IsCrowded(int row)
    {
        foreach (var count in _counts)
        {
            if (count.IsCrowded(row))
                return true;
        }

        return false;
    }

    /// <summary>Follows a pod that came (+1) or goes (-1), as far as a constraint counts it.</summary>
    public void Note(AssignedPod pod, int change, Predicate<SpreadConstraint> counts)
    {
        foreach (var count in _counts)
        {
            if (Counts(count.Constraint, pod.Row) && counts(count.Constraint))
                count.Add(pod.Row, change);
        }
    }

    /// <summary>Whether a constraint counts the pods of the node at a row.</summary>
    public static bool Counts(CycleState cycle, SpreadConstraint constraint, int row) =>
        (!constraint.HonorsNodeAffinity || cycle.Admits(row)) && (!constraint.HonorsTaints || cycle.Tolerates(row));

    private bool Counts(SpreadConstraint constraint, int row) => HasAllLabels(row) && Counts(_cycle, constraint, row);
}
