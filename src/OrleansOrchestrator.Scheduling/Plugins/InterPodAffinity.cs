using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Places pods near or away from other pods. Terms apply in both directions: those of the pod to running pods, and those of running
/// pods to the pod.
/// </summary>
internal sealed class InterPodAffinity(PluginContext context) : IClusterFilter, IClusterScore
{
    private static readonly Rejection NotNear = new(nameof(InterPodAffinity), "node(s) didn't match pod affinity rules", isResolvable: false);
    private static readonly Rejection TooNear = new(nameof(InterPodAffinity), "node(s) didn't match pod anti-affinity rules", isResolvable: true);

    private static readonly Rejection Unwelcome =
        new(nameof(InterPodAffinity), "node(s) didn't satisfy existing pods anti-affinity rules", isResolvable: true);

    // The weight of a running pod's required affinity as a preference for the pods that it selects.
    private readonly int _requiredAffinityWeight = context.Arguments.Number("hardPodAffinityWeight", 1, 0, 100);
    private readonly bool _ignoresPreferencesOfOthers = context.Arguments.Flag("ignorePreferredTermsOfExistingPods", false);

    public ClusterEvents WakesOn =>
        ClusterEvents.NodeAdded | ClusterEvents.NodeRemoved | ClusterEvents.NodeLabelsChanged | ClusterEvents.NamespaceChanged
        | ClusterEvents.AssignedPodAdded | ClusterEvents.AssignedPodRemoved | ClusterEvents.AssignedPodChanged;

    /// <summary>
    /// A pod helps that comes where terms want it, or goes where they do not; a node whose domains become others; and a namespace
    /// whose labels decide which pods are meant.
    /// </summary>
    public bool MayHelp(PodInfo pod, ClusterEvent change)
    {
        if (change.Namespace is { } changed)
            return changed == pod.Namespace || Array.Exists(pod.Shape.AffinityTerms, term => term.Pods.ReadsNamespaceLabels);
        if (change.OldPod is null && change.Pod is null)
            return ChangesDomains(pod, change);
        var (was, isNow) = (IsCompanion(pod, change.OldPod), IsCompanion(pod, change.Pod));
        // Without any companion, a pod that matches its own terms is the first of its group, and may go anywhere.
        return (isNow && !was) || (was && !isNow && IsCompanion(pod, pod)) || (IsInTheWay(pod, change.OldPod) && !IsInTheWay(pod, change.Pod));
    }

    public bool Filters(CycleState cycle) => IsConcerned(cycle.Pod);

    public bool Scores(CycleState cycle) =>
        IsConcerned(cycle.Pod) && (!_ignoresPreferencesOfOthers || Array.Exists(cycle.Pod.Shape.AffinityTerms, term => term.Kind == AffinityKind.Preferred));

    public Rejection? Check(CycleState cycle, int row)
    {
        var counts = CountsOf(cycle);
        if (counts.IsDistant(row))
            return NotNear;
        if (AffinityCounts.IsNear(counts.Own, row))
            return TooNear;
        return AffinityCounts.IsNear(counts.Others, row) ? Unwelcome : null;
    }

    public void Filter(CandidateSet candidates)
    {
        var counts = CountsOf(candidates.Cycle);
        RejectDistant(candidates, counts);
        RejectNear(candidates, counts.Own, TooNear);
        RejectNear(candidates, counts.Others, Unwelcome);
    }

    public void Note(CycleState cycle, AssignedPod pod, int change) => cycle.Known<AffinityCounts>(this)?.Note(pod, change);

    public void Score(CandidateSet candidates, int pluginWeight)
    {
        var totals = new DomainTotals(candidates.Nodes);
        foreach (var term in candidates.Pod.Shape.AffinityTerms)
        {
            if (term.Kind == AffinityKind.Preferred)
                totals.Add(term.TopologyKey, candidates.Cache.Counters.Of(term.Pods), term.Weight);
        }

        foreach (var carried in Concerning(candidates))
        {
            var weight = carried.Term.Kind == AffinityKind.RequiredAffinity ? _requiredAffinityWeight : carried.Term.Weight;
            if (weight != 0)
                totals.Add(carried, weight);
        }

        var sums = candidates.Scratch;
        sums.Clear();
        foreach (var (column, byDomain) in totals.All)
            AddTo(sums, column, byDomain);
        AddNormalized(candidates, sums, pluginWeight);
    }

    /// <summary>Whether another pod is one that the pod demands to be near to.</summary>
    private bool IsCompanion(PodInfo pod, PodInfo? other) =>
        other is not null
        && Array.Exists(pod.Shape.AffinityTerms, term => term.Kind == AffinityKind.RequiredAffinity)
        && Array.TrueForAll(pod.Shape.AffinityTerms, term => term.Kind != AffinityKind.RequiredAffinity || Concerns(term, other, context.Cluster));

    /// <summary>Whether the pod may not be near another, by the terms of either of them.</summary>
    private bool IsInTheWay(PodInfo pod, PodInfo? other) =>
        other is not null
        && (Array.Exists(pod.Shape.AffinityTerms, term => term.Kind == AffinityKind.RequiredAntiAffinity && Concerns(term, other, context.Cluster))
            || Array.Exists(other.Shape.AffinityTerms, term => term.Kind == AffinityKind.RequiredAntiAffinity && Concerns(term, pod, context.Cluster)));

    private bool ChangesDomains(PodInfo pod, ClusterEvent change)
    {
        // The node alone is looked at again anyway; others are helped only by what runs on it.
        if (change.OldNode is null && (!context.Cluster.Nodes.TryFind(change.NodeName!, out var row) || context.Cluster.Nodes.Record(row).Pods.Count == 0))
            return false;
        return pod.Shape.AffinityTerms.Concat(context.Cluster.Pods.CarriedTerms.Concerning(pod.Namespace, pod.Labels).Select(carried => carried.Term))
            .Any(term => term.Kind != AffinityKind.Preferred && ValueOf(change.OldNode, term.TopologyKey) != ValueOf(change.Node, term.TopologyKey));
    }

    private static string? ValueOf(NodeProperties? node, string label) => node is not null && node.Labels.TryGetValue(label, out var value) ? value : null;

    private AffinityCounts CountsOf(CycleState cycle) => cycle.Read(this, static (plugin, attempt) => plugin.Count(attempt.Pod));

    private AffinityCounts Count(PodInfo pod) => new(context.Cluster, pod);

    private bool IsConcerned(PodInfo pod) =>
        pod.Shape.AffinityTerms.Length > 0 || context.Cluster.Pods.CarriedTerms.Concerning(pod.Namespace, pod.Labels).Count > 0;

    private static IReadOnlyList<CarriedTerm> Concerning(CandidateSet candidates) =>
        candidates.Cache.Pods.CarriedTerms.Concerning(candidates.Pod.Namespace, candidates.Pod.Labels);

    private static bool Concerns(AffinityTerm term, PodInfo pod, SchedulerCache cache) =>
        term.Pods.Matches(pod.Namespace, pod.Labels, cache.Pods.NamespaceLabels);

    /// <summary>Rejects nodes without pods that match all affinity terms at once.</summary>
    private static void RejectDistant(CandidateSet candidates, AffinityCounts counts)
    {
        if (!counts.WantsCompanions)
            return;
        var isFirst = counts.IsFirst;
        foreach (var (column, byDomain) in counts.Companions)
        {
            for (var row = 0; row < candidates.Scores.Length; row++)
            {
                if (!candidates.IsCandidate(row))
                    continue;
                var domain = column.ByRow[row];
                if (domain == TopologyColumn.NoDomain || (byDomain[domain] == 0 && !isFirst))
                    candidates.Reject(row, NotNear);
            }
        }
    }

    private static void RejectNear(CandidateSet candidates, DomainTotals totals, Rejection rejection)
    {
        foreach (var (column, byDomain) in totals.All)
        {
            for (var row = 0; row < candidates.Scores.Length; row++)
            {
                var domain = column.ByRow[row];
                if (domain != TopologyColumn.NoDomain && byDomain[domain] > 0 && candidates.IsCandidate(row))
                    candidates.Reject(row, rejection);
            }
        }
    }

    private static void AddTo(Span<int> sums, TopologyColumn column, long[] byDomain)
    {
        for (var row = 0; row < sums.Length; row++)
        {
            if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain)
                sums[row] = (int)Math.Clamp(sums[row] + byDomain[domain], int.MinValue, int.MaxValue);
        }
    }

    private static void AddNormalized(CandidateSet candidates, ReadOnlySpan<int> sums, int pluginWeight)
    {
        var scores = candidates.Scores;
        var (min, max) = (int.MaxValue, int.MinValue);
        for (var row = 0; row < sums.Length; row++)
        {
            if (scores[row] >= 0)
                (min, max) = (Math.Min(min, sums[row]), Math.Max(max, sums[row]));
        }

        if (max <= min)
            return;
        for (var row = 0; row < sums.Length; row++)
        {
            if (scores[row] >= 0)
                scores[row] += pluginWeight * (int)(100L * (sums[row] - min) / ((long)max - min));
        }
    }
}
