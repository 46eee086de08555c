using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Preemption;

/// <summary>
/// Finds pods of lower priority whose eviction makes room for a pod that fits no node, on the node with the least important victims.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/.</remarks>
internal sealed class DefaultPreemption(PluginContext context) : IPostFilter
{
    private const string NotHelpful = "Preemption is not helpful for scheduling";
    private const string NoVictims = "No preemption victims found for incoming pod";

    private readonly SchedulerCache _cluster = context.Cluster;
    private readonly VictimSearch _search = new(context.Cluster, context.Trial);
    private readonly int _candidatesPercentage = context.Arguments.Number("minCandidateNodesPercentage", 10, 0, 100);
    private readonly int _candidatesMin = context.Arguments.Number("minCandidateNodesAbsolute", 100, 0, int.MaxValue);

    public PreemptionResult PostFilter(PodInfo pod, Unschedulable failure, ulong seed)
    {
        if (failure.NodeCount == 0)
            return new PreemptionResult();
        if (!pod.MayPreempt)
            return PreemptionResult.Refuse("not eligible due to preemptionPolicy=Never.");
        if (IsWaitingForVictims(pod, failure))
            return PreemptionResult.Refuse("not eligible due to a terminating pod on the nominated node.") with { IsAwaitingVictims = true };

        var rows = failure.ResolvableRows;
        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        var rejected = new List<(int Row, string Plugin)>();
        // Without a pod of lower priority no node needs a search.
        if (_cluster.Pods.LowestPriority >= pod.Priority)
            reasons[NoVictims] = rows.Count;
        else if (FindBest(pod, rows, seed, reasons, rejected) is { } best)
            return new PreemptionResult { NodeName = best.NodeName, Victims = best.Victims, Outbid = Outbid(pod, best.NodeName) };
        return Refuse(failure, reasons) with { Rejected = rejected };
    }

    private PreemptionCandidate? FindBest(PodInfo pod, IReadOnlyList<int> rows, ulong seed, Dictionary<string, int> reasons, List<(int Row, string Plugin)> rejected)
    {
        var budgets = new BudgetCount(_cluster.ObjectsOf(ObjectInputs.PodDisruptionBudgets).All);
        PreemptionCandidate? best = null;
        var wanted = Math.Max((int)((long)_cluster.NodeCount * _candidatesPercentage / 100), Math.Max(_candidatesMin, 1));
        // A different start each time, so that the first nodes do not bear all evictions.
        var start = rows.Count == 0 ? 0 : (int)(seed % (uint)rows.Count);
        for (var i = 0; i < rows.Count && wanted > 0; i++)
        {
            var row = rows[(start + i) % rows.Count];
            var (candidate, rejection) = _search.Search(pod, row, budgets);
            if (candidate is not null)
            {
                wanted--;
                if (candidate.CompareTo(best) < 0)
                    best = candidate;
            }

            if (rejection is null)
                continue;
            rejected.Add((row, rejection.Plugin));
            foreach (var reason in rejection.Reasons)
                reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }

        return best;
    }

    /// <summary>Whether the pod already waits for its victims, on a node that it can still get.</summary>
    private bool IsWaitingForVictims(PodInfo pod, Unschedulable failure)
    {
        if (_cluster.Nominations.NodeOf(pod.Uid) is not { } nominated || !_cluster.Nodes.TryFind(nominated, out var row) || !failure.ResolvableRows.Contains(row))
            return false;
        foreach (var record in _cluster.Nodes.Record(row).Pods)
        {
            if (record.Info.Priority < pod.Priority && (record.IsBeingPreempted || record.Info.IsBeingPreempted))
                return true;
        }

        return false;
    }

    /// <summary>The pods of lower priority nominated to the node, which must look elsewhere now.</summary>
    private List<PodInfo> Outbid(PodInfo pod, string nodeName) =>
        [.. _cluster.Nominations.On(nodeName).Where(other => other.Uid != pod.Uid && other.Priority < pod.Priority && _cluster.Pods.Find(other.Uid) is null)];

    private static PreemptionResult Refuse(Unschedulable failure, Dictionary<string, int> reasons)
    {
        var hopeless = failure.NodeCount - failure.ResolvableRows.Count;
        if (hopeless > 0)
            reasons[NotHelpful] = hopeless;
        var counted = Unschedulable.Sort(reasons.Where(reason => reason.Value > 0));
        return PreemptionResult.Refuse($"0/{failure.NodeCount} nodes are available: {Unschedulable.ReasonText(counted)}.") with { EndsNomination = true };
    }
}
