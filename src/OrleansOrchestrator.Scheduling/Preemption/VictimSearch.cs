using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Preemption;

/// <summary>
/// Finds the fewest pods that must leave a node for another to fit. It works on the cache itself: removes all pods of lower priority,
/// then puts back the most important ones as long as the pod still fits. It restores the cache before it returns.
/// </summary>
/// <param name="cache">The cluster.</param>
/// <param name="whyNot">Why a pod does not fit the node at a row; null if it fits.</param>
internal sealed class VictimSearch(SchedulerCache cache, Func<PodInfo, int, Rejection?> whyNot)
{
    private static readonly Rejection NoVictims =
        new("DefaultPreemption", "No preemption victims found for incoming pod", isResolvable: false);

    /// <summary>The victims on one node, or why there are none.</summary>
    public (PreemptionCandidate? Candidate, Rejection? Rejection) Search(PodInfo pod, int row, BudgetCount budgets)
    {
        var node = cache.Nodes.Record(row);
        var removed = node.Pods.Where(record => record.Info.Priority < pod.Priority)
            .Select(record => (record.Info, record.IsAssumed, record.IsBeingPreempted))
            .OrderByDescending(entry => entry.Info.Priority)
            .ThenBy(entry => entry.Info.StartedAt ?? DateTime.MaxValue)
            .ToList();
        if (removed.Count == 0)
            return (null, NoVictims);

        var gone = new List<(PodInfo Info, bool IsAssumed, bool IsBeingPreempted)>(removed);
        foreach (var (info, _, _) in removed)
            cache.Remove(cache.Pods.Find(info.Uid)!);
        try
        {
            if (whyNot(pod, row) is { } rejection)
                return (null, rejection);
            return Reprieve(pod, row, node.Name, gone, budgets) is { } candidate ? (candidate, null) : (null, NoVictims);
        }
        finally
        {
            foreach (var entry in gone)
                PutBack(entry, node.Name);
        }
    }

    private PreemptionCandidate? Reprieve(
        PodInfo pod, int row, string nodeName, List<(PodInfo Info, bool IsAssumed, bool IsBeingPreempted)> gone, BudgetCount budgets)
    {
        var violating = budgets.FindViolating(gone.Select(entry => entry.Info));
        // Puts back first the pods whose eviction violates a budget.
        foreach (var entry in gone.OrderBy(entry => violating.Contains(entry.Info) ? 0 : 1).ToArray())
        {
            PutBack(entry, nodeName);
            if (whyNot(pod, row) is null)
                gone.Remove(entry);
            else
                cache.Remove(cache.Pods.Find(entry.Info.Uid)!);
        }

        return gone.Count == 0
            ? null
            : new PreemptionCandidate(nodeName, [.. gone.Select(entry => entry.Info)], gone.Count(entry => violating.Contains(entry.Info)));
    }

    private void PutBack((PodInfo Info, bool IsAssumed, bool IsBeingPreempted) entry, string nodeName)
    {
        var record = cache.Add(entry.Info, nodeName);
        record.IsAssumed = entry.IsAssumed;
        record.IsBeingPreempted = entry.IsBeingPreempted;
    }
}
