using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Spreads pods evenly over the values of node labels: rejects nodes where one more pod would exceed the skew, and scores by the
/// constraints that only prefer. A pod without constraints has those of the profile, which count its <see cref="SpreadPeers"/>.
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

    /// <summary>A change helps if it changes how many pods a domain holds, or which domains there are.</summary>
    public bool MayHelp(PodInfo pod, ClusterEvent change)
    {
        var (constraints, peers) = ConstraintsOf(pod, NeedsPeers(pod) ? SpreadPeers.Of(_cluster, pod) : null);
        var required = Array.FindAll(constraints, IsRequired);
        if (change.OldPod is null && change.Pod is null)
            return ChangesDomains(pod, required, change);
        return _cluster.Nodes.TryFind(change.NodeName!, out var row) && HasAll(required, _cluster.Nodes.Record(row).Labels)
            && Array.Exists(required, constraint => Counts(constraint, peers, change.OldPod) != Counts(constraint, peers, change.Pod));
    }

    public bool Filters(CycleState cycle) => Array.Exists(ConstraintsOf(cycle).Constraints, IsRequired);

    public bool Scores(CycleState cycle) => HasSystemDefaults(cycle.Pod) ? PeersOf(cycle) is not null : !Array.TrueForAll(ConstraintsOf(cycle).Constraints, IsRequired);

    public void Filter(CandidateSet candidates)
    {
        var (constraints, peers) = ConstraintsOf(candidates.Cycle);
        var required = Array.FindAll(constraints, IsRequired);
        var columns = Array.ConvertAll(required, constraint => candidates.Nodes.Topology(constraint.TopologyKey));
        var hasAll = new bool[candidates.Scores.Length];
        for (var row = 0; row < hasAll.Length; row++)
            hasAll[row] = candidates.Nodes.Records[row] is { IsPresent: true } && HasAll(columns, row);
        RejectWithoutLabels(candidates, hasAll);
        // Without a node that has all labels, all are already rejected.
        if (!hasAll.Contains(true))
            return;
        for (var i = 0; i < required.Length; i++)
            RejectCrowded(candidates, required[i], peers, columns[i], hasAll);
    }

    public void Score(CandidateSet candidates, int weight)
    {
        var score = new SpreadScore(candidates, weight);
        if (HasSystemDefaults(candidates.Pod))
        {
            if (PeersOf(candidates.Cycle) is not { } peers || !DefaultSpreadConstraints.TryAddSystem(candidates, peers, score))
                return;
        }
        else
        {
            var (constraints, peers) = ConstraintsOf(candidates.Cycle);
            foreach (var constraint in constraints.Where(constraint => !constraint.IsRequired))
            {
                var column = candidates.Nodes.Topology(constraint.TopologyKey);
                score.AddDomains(CounterOf(constraint, peers), column, constraint.MaxSkew, isRequired: true, row => Counts(candidates, constraint, row));
            }
        }

        score.Apply();
    }

    private static bool IsRequired(SpreadConstraint constraint) => constraint.IsRequired;

    private bool HasSystemDefaults(PodInfo pod) => _defaults.AreOfSystem && pod.Shape.SpreadConstraints.Length == 0;

    private bool NeedsPeers(PodInfo pod) => _defaults.Listed.Length > 0 && pod.Shape.SpreadConstraints.Length == 0;

    private SpreadPeers? PeersOf(CycleState cycle) => cycle.Read(this, static (plugin, pod) => SpreadPeers.Of(plugin._cluster, pod));

    private (SpreadConstraint[] Constraints, SpreadPeers? Peers) ConstraintsOf(CycleState cycle) =>
        ConstraintsOf(cycle.Pod, NeedsPeers(cycle.Pod) ? PeersOf(cycle) : null);

    /// <summary>The pod's own constraints, or else those of the profile's list with the pods that they count.</summary>
    private (SpreadConstraint[] Constraints, SpreadPeers? Peers) ConstraintsOf(PodInfo pod, SpreadPeers? peers)
    {
        if (pod.Shape.SpreadConstraints is { Length: > 0 } own)
            return (own, null);
        return peers is null ? ([], null) : (_defaults.Listed, peers);
    }

    private static bool HasAll(SpreadConstraint[] constraints, IDictionary<string, string> labels) =>
        Array.TrueForAll(constraints, constraint => labels.ContainsKey(constraint.TopologyKey));

    private bool Counts(SpreadConstraint constraint, SpreadPeers? peers, PodInfo? other) =>
        other is { IsTerminating: false }
        && (constraint.Pods is { } pods ? pods.Matches(other.Namespace, other.Labels, _cluster.Pods.NamespaceLabels) : peers!.Contain(other, _cluster));

    private bool ChangesDomains(PodInfo pod, SpreadConstraint[] required, ClusterEvent change)
    {
        var domains = DomainsOf(pod, required, change.NodeName!, change.Node);
        if (DomainsOf(pod, required, change.NodeName!, change.OldNode).SequenceEqual(domains))
            return false;
        // One more domain without a pod helps no other node, unless there were too few domains.
        var isNewAndEmpty = change.OldNode is null && _cluster.Nodes.TryFind(change.NodeName!, out var row) && _cluster.Nodes.Record(row).Pods.Count == 0;
        return !isNewAndEmpty || Array.Exists(required, constraint => constraint.MinDomains > 1);
    }

    /// <summary>For each constraint, the domain to which a node counts; none if it lacks one of the labels.</summary>
    private static IEnumerable<string?> DomainsOf(PodInfo pod, SpreadConstraint[] required, string nodeName, NodeProperties? node)
    {
        if (node is null || !HasAll(required, node.Labels))
            return [];
        var isAdmitted = pod.Shape.NodeAffinity.Admits(nodeName, node.Labels);
        var isTolerated = Tolerations.FindUntolerated(node.Taints, pod.Shape.Tolerations) is null;
        return required.SelectMany(constraint => new[]
        {
            node.Labels[constraint.TopologyKey],
            (!constraint.HonorsNodeAffinity || isAdmitted) && (!constraint.HonorsTaints || isTolerated) ? "counts" : null,
        });
    }

    private PodCounter CounterOf(SpreadConstraint constraint, SpreadPeers? peers) =>
        constraint.Pods is { } pods ? _cluster.Counters.Of(pods) : peers!.CountIn(_cluster);

    private static void RejectWithoutLabels(CandidateSet candidates, bool[] hasAll)
    {
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (candidates.IsCandidate(row) && !hasAll[row])
                candidates.Reject(row, NoLabel);
        }
    }

    private void RejectCrowded(CandidateSet candidates, SpreadConstraint constraint, SpreadPeers? peers, TopologyColumn column, bool[] hasAll)
    {
        var counts = CounterOf(constraint, peers).ByRow;
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
        // The pod is one of its peers.
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
        (!constraint.HonorsNodeAffinity || candidates.Cycle.Admits(row)) && (!constraint.HonorsTaints || candidates.Cycle.Tolerates(row));
}
