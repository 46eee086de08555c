using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Keeps the pods that a constraint selects evenly spread over the values of a node label: rejects nodes where one more
/// would exceed the skew, and scores the constraints that only prefer.
/// </summary>
internal sealed class PodTopologySpread : IClusterPlugin
{
    private const int PluginWeight = 2;
    private const string Mismatch = "node(s) didn't match pod topology spread constraints";

    private static readonly Rejection TooCrowded = new(nameof(PodTopologySpread), Mismatch, isResolvable: true);
    private static readonly Rejection NoLabel = new(nameof(PodTopologySpread), $"{Mismatch} (missing required label)", isResolvable: false);

    public string Name => nameof(PodTopologySpread);

    public ClusterEvents WakesOn =>
        ClusterEvents.NodeAdded | ClusterEvents.NodeRemoved | ClusterEvents.NodeLabelsChanged | ClusterEvents.NodeTaintsChanged
        | ClusterEvents.AssignedPodAdded | ClusterEvents.AssignedPodRemoved | ClusterEvents.AssignedPodChanged;

    public bool Applies(PodInfo pod, SchedulerCache cache) => pod.Shape.SpreadConstraints.Length > 0;

    public void Filter(CandidateSet candidates)
    {
        var required = Array.FindAll(candidates.Pod.Shape.SpreadConstraints, constraint => constraint.IsRequired);
        if (required.Length == 0)
            return;
        var columns = Array.ConvertAll(required, constraint => candidates.Nodes.Topology(constraint.TopologyKey));
        var hasAll = new bool[candidates.Scores.Length];
        for (var row = 0; row < hasAll.Length; row++)
            hasAll[row] = candidates.Nodes.Records[row] is { IsPresent: true } && HasAll(columns, row);
        RejectWithoutLabels(candidates, hasAll);
        // Without a node that has all labels, nobody is left to reject.
        if (!hasAll.Contains(true))
            return;
        for (var i = 0; i < required.Length; i++)
            RejectCrowded(candidates, required[i], columns[i], hasAll);
    }

    public void Score(CandidateSet candidates)
    {
        var preferred = Array.FindAll(candidates.Pod.Shape.SpreadConstraints, constraint => !constraint.IsRequired);
        if (preferred.Length == 0)
            return;
        var score = new SpreadScore(candidates, PluginWeight);
        foreach (var constraint in preferred)
        {
            var counter = candidates.Cache.Counters.Of(constraint.Pods);
            var column = candidates.Nodes.Topology(constraint.TopologyKey);
            score.AddDomains(counter, column, constraint.MaxSkew, isRequired: true, row => Counts(candidates, constraint, row));
        }

        score.Apply();
    }

    private static void RejectWithoutLabels(CandidateSet candidates, bool[] hasAll)
    {
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (candidates.IsCandidate(row) && !hasAll[row])
                candidates.Reject(row, NoLabel);
        }
    }

    private static void RejectCrowded(CandidateSet candidates, SpreadConstraint constraint, TopologyColumn column, bool[] hasAll)
    {
        var counts = candidates.Cache.Counters.Of(constraint.Pods).ByRow;
        var totals = new int[column.DomainLimit];
        Array.Fill(totals, -1);
        for (var row = 0; row < hasAll.Length; row++)
        {
            if (!hasAll[row] || !Counts(candidates, constraint, row))
                continue;
            ref var total = ref totals[column.ByRow[row]];
            total = Math.Max(total, 0) + counts[row];
        }

        var emptiest = int.MaxValue;
        var domains = 0;
        foreach (var total in totals)
        {
            if (total < 0)
                continue;
            domains++;
            emptiest = Math.Min(emptiest, total);
        }

        if (domains < constraint.MinDomains)
            emptiest = 0;
        var pod = candidates.Pod;
        var own = constraint.Pods.Matches(pod.Namespace, pod.Labels, candidates.Cache.Pods.NamespaceLabels) ? 1 : 0;
        for (var row = 0; row < hasAll.Length; row++)
        {
            if (candidates.IsCandidate(row) && Math.Max(totals[column.ByRow[row]], 0) + own - emptiest > constraint.MaxSkew)
                candidates.Reject(row, TooCrowded);
        }
    }

    private static bool HasAll(TopologyColumn[] columns, int row)
    {
        foreach (var column in columns)
        {
            if (column.ByRow[row] == TopologyColumn.NoDomain)
                return false;
        }

        return true;
    }

    private static bool Counts(CandidateSet candidates, SpreadConstraint constraint, int row) =>
        (!constraint.HonorsNodeAffinity || candidates.Admits(row)) && (!constraint.HonorsTaints || candidates.Tolerates(row));
}
