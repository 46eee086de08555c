using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Spreads pods evenly over the values of node labels: rejects nodes where one more pod would exceed the skew, and scores by the
/// constraints that only prefer. A controller's pod without constraints has those of the profile, which count the pods of that
/// controller.
/// </summary>
internal sealed class PodTopologySpread : IClusterFilter, IClusterScore
{
    private const string Mismatch = "node(s) didn't match pod topology spread constraints";

    private static readonly Rejection TooCrowded = new(nameof(PodTopologySpread), Mismatch, isResolvable: true);
    private static readonly Rejection NoLabel = new(nameof(PodTopologySpread), $"{Mismatch} (missing required label)", isResolvable: false);

    private readonly SchedulerCache _cluster;
    private readonly DefaultSpreadConstraints _defaults;

    public PodTopologySpread(PluginContext context)
    {
        _cluster = context.Cluster;
        _defaults = DefaultSpreadConstraints.Read(context.Arguments);
    }

    public ClusterEvents WakesOn =>
        ClusterEvents.NodeAdded | ClusterEvents.NodeRemoved | ClusterEvents.NodeLabelsChanged | ClusterEvents.NodeTaintsChanged
        | ClusterEvents.AssignedPodAdded | ClusterEvents.AssignedPodRemoved | ClusterEvents.AssignedPodChanged;

    public bool Filters(PodInfo pod) => Array.Exists(ConstraintsOf(pod), constraint => constraint.IsRequired);

    public bool Scores(PodInfo pod) => HasDefaults(pod) && _defaults.AreOfSystem || Array.Exists(ConstraintsOf(pod), constraint => !constraint.IsRequired);

    public void Filter(CandidateSet candidates)
    {
        var required = Array.FindAll(ConstraintsOf(candidates.Pod), constraint => constraint.IsRequired);
        var columns = Array.ConvertAll(required, constraint => candidates.Nodes.Topology(constraint.TopologyKey));
        var hasAll = new bool[candidates.Scores.Length];
        for (var row = 0; row < hasAll.Length; row++)
            hasAll[row] = candidates.Nodes.Records[row] is { IsPresent: true } && HasAll(columns, row);
        RejectWithoutLabels(candidates, hasAll);
        // Without a node that has all labels, all are already rejected.
        if (!hasAll.Contains(true))
            return;
        for (var i = 0; i < required.Length; i++)
            RejectCrowded(candidates, required[i], columns[i], hasAll);
    }

    public void Score(CandidateSet candidates, int weight)
    {
        var score = new SpreadScore(candidates, weight);
        if (HasDefaults(candidates.Pod) && _defaults.AreOfSystem)
        {
            if (!DefaultSpreadConstraints.TryAddSystem(candidates, score))
                return;
        }
        else
        {
            foreach (var constraint in Array.FindAll(ConstraintsOf(candidates.Pod), constraint => !constraint.IsRequired))
            {
                var column = candidates.Nodes.Topology(constraint.TopologyKey);
                score.AddDomains(CounterOf(candidates.Pod, constraint), column, constraint.MaxSkew, isRequired: true, row => Counts(candidates, constraint, row));
            }
        }

        score.Apply();
    }

    private static bool HasDefaults(PodInfo pod) => pod.SpreadOwnerUid is not null && pod.Shape.SpreadConstraints.Length == 0;

    private SpreadConstraint[] ConstraintsOf(PodInfo pod) => HasDefaults(pod) ? _defaults.Listed : pod.Shape.SpreadConstraints;

    private PodCounter CounterOf(PodInfo pod, SpreadConstraint constraint) =>
        constraint.Pods is { } pods ? _cluster.Counters.Of(pods) : _cluster.Counters.OfOwner(pod.SpreadOwnerUid!);

    private static void RejectWithoutLabels(CandidateSet candidates, bool[] hasAll)
    {
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (candidates.IsCandidate(row) && !hasAll[row])
                candidates.Reject(row, NoLabel);
        }
    }

    private void RejectCrowded(CandidateSet candidates, SpreadConstraint constraint, TopologyColumn column, bool[] hasAll)
    {
        var counts = CounterOf(candidates.Pod, constraint).ByRow;
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
        // The pod will be one of its controller's pods.
        var own = constraint.Pods?.Matches(pod.Namespace, pod.Labels, _cluster.Pods.NamespaceLabels) != false ? 1 : 0;
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
