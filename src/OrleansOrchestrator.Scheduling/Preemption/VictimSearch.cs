using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Preemption;

/// <summary>
/// Finds the fewest pods that must leave a node for another to fit. It works on the cache itself: removes all pods of lower priority,
/// then puts back the most important ones as long as the pod still fits. It restores the cache before it returns.
/// </summary>
/// <param name="cache">The cluster.</param>
/// <param name="trial">Whether a pod fits a node then.</param>
internal sealed class VictimSearch(SchedulerCache cache, Trial trial)
{
    private static readonly Rejection NoVictims =
        new("DefaultPreemption", "No preemption victims found for incoming pod", isResolvable: false);

    /// <summary>The victims on one node, or why there are none.</summary>
    public (PreemptionCandidate? Candidate, Rejection? Rejection) Search(PodInfo pod, int row, BudgetCount budgets)
    {
        var node = cache.Nodes.Record(row);
        var lower = node.Pods.Where(record => record.Info.Priority < pod.Priority && !record.Info.IsMirror)
            .OrderByDescending(record => record.Info.Priority)
            .ThenBy(record => record.Info.StartedAt ?? DateTime.MaxValue)
            .ToList();
        if (lower.Count == 0)
            return (null, NoVictims);

        var gone = lower.ConvertAll(TakeAway);
        try
        {
            if (trial.WhyNot(pod, row) is { } rejection)
                return (null, rejection);
            return Reprieve(pod, row, node.Name, gone, budgets) is { } candidate ? (candidate, null) : (null, NoVictims);
        }
        finally
        {
            gone.ForEach(absent => PutBack(absent));
        }
    }

    private AbsentPod TakeAway(AssignedPod record)
    {
        trial.Note(record, -1);
        return cache.TakeAway(record);
    }

    private AssignedPod PutBack(AbsentPod absent)
    {
        var record = cache.PutBack(absent);
        trial.Note(record, 1);
        return record;
    }

    private PreemptionCandidate? Reprieve(PodInfo pod, int row, string nodeName, List<AbsentPod> gone, BudgetCount budgets)
    {
        var violating = budgets.FindViolating(gone.Select(absent => absent.Info));
        // Puts back first the pods whose eviction violates a budget.
        foreach (var absent in gone.OrderBy(absent => violating.Contains(absent.Info) ? 0 : 1).ToArray())
        {
            var record = PutBack(absent);
            if (trial.WhyNot(pod, row) is null)
                gone.Remove(absent);
            else
                TakeAway(record);
        }

        return gone.Count == 0
            ? null
            : new PreemptionCandidate(nodeName, [.. gone.Select(absent => absent.Info)], gone.Count(absent => violating.Contains(absent.Info)));
    }
}
