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

    public Rejection? Check(CycleState cycle, int row) => Check(CountsOf(cycle), row);

    public void Filter(CandidateSet candidates)
    {
        var counts = CountsOf(candidates.Cycle);
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (candidates.IsCandidate(row) && Check(counts, row) is { } rejection)
                candidates.Reject(row, rejection);
        }
    }

    public void Note(CycleState cycle, AssignedPod pod, int change)
    {
        if (cycle.Known<SpreadCounts>(this) is not { } counts)
            return;
        var peers = ConstraintsOf(cycle).Peers;
        counts.Note(pod, change, constraint => Counts(constraint, peers, pod.Info));
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
                score.AddDomains(CounterOf(constraint, peers), column, constraint.MaxSkew, isRequired: true, row => SpreadCounts.Counts(candidates.Cycle, constraint, row));
            }
        }

        score.Apply();
    }

    private static bool IsRequired(SpreadConstraint constraint) => constraint.IsRequired;

    private bool HasSystemDefaults(PodInfo pod) => _defaults.AreOfSystem && pod.Shape.SpreadConstraints.Length == 0;

    private bool NeedsPeers(PodInfo pod) => _defaults.Listed.Length > 0 && pod.Shape.SpreadConstraints.Length == 0;

    private SpreadPeers? PeersOf(CycleState cycle) => cycle.Read(this, static (plugin, attempt) => SpreadPeers.Of(plugin._cluster, attempt.Pod));

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

    private static Rejection? Check(SpreadCounts counts, int row)
    {
        if (!counts.HasAllLabels(row))
            return NoLabel;
        return counts.IsCrowded(row) ? TooCrowded : null;
    }

    private SpreadCounts CountsOf(CycleState cycle) => cycle.Read(this, static (plugin, attempt) => plugin.Count(attempt));

    private SpreadCounts Count(CycleState cycle)
    {
        var (constraints, peers) = ConstraintsOf(cycle);
        var pod = cycle.Pod;
        // The pod is one of its peers.
        return new SpreadCounts(cycle, Array.FindAll(constraints, IsRequired), constraint => CounterOf(constraint, peers),
            constraint => constraint.Pods?.Matches(pod.Namespace, pod.Labels, _cluster.Pods.NamespaceLabels) != false);
    }
}
