using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Preemption;

/// <summary>
/// Looks for pods of lower priority whose eviction makes room for a pod that fits nowhere, on the node where that costs
/// least.
/// </summary>
internal sealed class Preemptor(SchedulerCache cache, VictimSearch search, int candidatesMax)
{
    private const string NotHelpful = "Preemption is not helpful for scheduling";
    private const string NoVictims = "No preemption victims found for incoming pod";

    public PreemptionResult Preempt(PodInfo pod, Unschedulable failure, IReadOnlyList<V1PodDisruptionBudget> budgets, ulong seed)
    {
        if (failure.NodeCount == 0)
            return new PreemptionResult();
        if (!pod.MayPreempt)
            return PreemptionResult.Refuse("not eligible due to preemptionPolicy=Never.");
        if (IsWaitingForVictims(pod))
            return PreemptionResult.Refuse("not eligible due to a terminating pod on the nominated node.");

        var rows = failure.ResolvableRows;
        // Without a pod of lower priority anywhere, no node needs to be looked at.
        if (cache.Pods.LowestPriority >= pod.Priority)
            return Refuse(failure, new Dictionary<string, int>(StringComparer.Ordinal) { [NoVictims] = rows.Count });

        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        if (FindBest(pod, rows, new DisruptionBudgets(budgets), seed, reasons) is { } best)
            return new PreemptionResult { NodeName = best.NodeName, Victims = best.Victims };
        return Refuse(failure, reasons);
    }

    private PreemptionCandidate? FindBest(
        PodInfo pod, IReadOnlyList<int> rows, DisruptionBudgets budgets, ulong seed, Dictionary<string, int> reasons)
    {
        PreemptionCandidate? best = null;
        var found = 0;
        // A different start each time keeps the first nodes from bearing all evictions.
        var start = rows.Count == 0 ? 0 : (int)(seed % (uint)rows.Count);
        for (var i = 0; i < rows.Count && found < candidatesMax; i++)
        {
            var (candidate, rejection) = search.Search(pod, rows[(start + i) % rows.Count], budgets);
            if (candidate is not null)
            {
                found++;
                if (candidate.CompareTo(best) < 0)
                    best = candidate;
            }

            foreach (var reason in rejection?.Reasons ?? [])
                reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }

        return best;
    }

    private bool IsWaitingForVictims(PodInfo pod)
    {
        if (pod.NominatedNodeName is not { } nominated || !cache.Nodes.TryFind(nominated, out var row))
            return false;
        foreach (var record in cache.Nodes.Record(row).Pods)
        {
            if (record.Info.IsTerminating && record.Info.Priority < pod.Priority)
                return true;
        }

        return false;
    }

    private static PreemptionResult Refuse(Unschedulable failure, Dictionary<string, int> reasons)
    {
        var hopeless = failure.NodeCount - failure.ResolvableRows.Count;
        if (hopeless > 0)
            reasons[NotHelpful] = hopeless;
        var counted = Unschedulable.Sort(reasons.Where(reason => reason.Value > 0));
        return PreemptionResult.Refuse($"0/{failure.NodeCount} nodes are available: {Unschedulable.ReasonText(counted)}.");
    }
}
