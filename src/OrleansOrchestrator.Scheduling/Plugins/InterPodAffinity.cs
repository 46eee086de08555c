using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Matching;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Places pods near or away from other pods. Terms hold in both directions: those of the pod against the pods that run,
/// and those of the pods that run against the pod.
/// </summary>
internal sealed class InterPodAffinity : IClusterPlugin
{
    // A pod that others demand to be near to is preferred near them (kube-scheduler's hardPodAffinityWeight).
    private const int RequiredAffinityWeight = 1;
    private const int PluginWeight = 2;

    private static readonly Rejection NotNear = new(nameof(InterPodAffinity), "node(s) didn't match pod affinity rules", isResolvable: false);
    private static readonly Rejection TooNear = new(nameof(InterPodAffinity), "node(s) didn't match pod anti-affinity rules", isResolvable: true);

    private static readonly Rejection Unwelcome =
        new(nameof(InterPodAffinity), "node(s) didn't satisfy existing pods anti-affinity rules", isResolvable: true);

    public string Name => nameof(InterPodAffinity);

    public ClusterEvents WakesOn =>
        ClusterEvents.NodeAdded | ClusterEvents.NodeLabelsChanged | ClusterEvents.NamespaceChanged
        | ClusterEvents.AssignedPodAdded | ClusterEvents.AssignedPodRemoved | ClusterEvents.AssignedPodChanged;

    public bool Applies(PodInfo pod, SchedulerCache cache)
    {
        if (pod.Shape.AffinityTerms.Length > 0)
            return true;
        foreach (var carried in cache.Pods.CarriedTerms)
        {
            if (Concerns(carried.Term, pod, cache))
                return true;
        }

        return false;
    }

    public void Filter(CandidateSet candidates)
    {
        RejectDistant(candidates);
        foreach (var term in candidates.Pod.Shape.AffinityTerms)
        {
            if (term.Kind == AffinityKind.RequiredAntiAffinity)
                RejectNear(candidates, term, Totals(candidates, term, candidates.Cache.Counters.Of(term.Pods)), TooNear);
        }

        foreach (var carried in candidates.Cache.Pods.CarriedTerms)
        {
            if (carried.Term.Kind == AffinityKind.RequiredAntiAffinity && Concerns(carried.Term, candidates.Pod, candidates.Cache))
                RejectNear(candidates, carried.Term, Totals(candidates, carried), Unwelcome);
        }
    }

    public void Score(CandidateSet candidates)
    {
        var sums = candidates.Scratch;
        sums.Clear();
        foreach (var term in candidates.Pod.Shape.AffinityTerms)
        {
            if (term.Kind == AffinityKind.Preferred)
                AddWeighted(sums, candidates, term, Totals(candidates, term, candidates.Cache.Counters.Of(term.Pods)), term.Weight);
        }

        foreach (var carried in candidates.Cache.Pods.CarriedTerms)
        {
            var weight = carried.Term.Kind == AffinityKind.RequiredAffinity ? RequiredAffinityWeight : carried.Term.Weight;
            if (weight != 0 && Concerns(carried.Term, candidates.Pod, candidates.Cache))
                AddWeighted(sums, candidates, carried.Term, Totals(candidates, carried), weight);
        }

        AddNormalized(candidates, sums);
    }

    private static bool Concerns(AffinityTerm term, PodInfo pod, SchedulerCache cache) =>
        term.Pods.Matches(pod.Namespace, pod.Labels, cache.Pods.NamespaceLabels);

    /// <summary>
    /// Rejects nodes without the pods that the pod must be near to: pods that match all terms at once. The first of a
    /// group of pods that demand each other would wait forever; it may go wherever the labels exist.
    /// </summary>
    private static void RejectDistant(CandidateSet candidates)
    {
        var terms = Array.FindAll(candidates.Pod.Shape.AffinityTerms, term => term.Kind == AffinityKind.RequiredAffinity);
        if (terms.Length == 0)
            return;
        var companions = candidates.Cache.Counters.Of(PodPredicate.All(Array.ConvertAll(terms, term => term.Pods)));
        var isFirst = companions.Total == 0 && Array.TrueForAll(terms, term => Concerns(term, candidates.Pod, candidates.Cache));
        foreach (var term in terms)
        {
            var column = candidates.Nodes.Topology(term.TopologyKey);
            var totals = Totals(candidates, term, companions);
            for (var row = 0; row < candidates.Scores.Length; row++)
            {
                if (!candidates.IsCandidate(row))
                    continue;
                var domain = column.ByRow[row];
                if (domain == TopologyColumn.NoDomain || (totals[domain] == 0 && !isFirst))
                    candidates.Reject(row, NotNear);
            }
        }
    }

    private static void RejectNear(CandidateSet candidates, AffinityTerm term, int[] totals, Rejection rejection)
    {
        var column = candidates.Nodes.Topology(term.TopologyKey);
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            var domain = column.ByRow[row];
            if (domain != TopologyColumn.NoDomain && totals[domain] > 0 && candidates.IsCandidate(row))
                candidates.Reject(row, rejection);
        }
    }

    private static void AddWeighted(Span<int> sums, CandidateSet candidates, AffinityTerm term, int[] totals, int weight)
    {
        var domains = candidates.Nodes.Topology(term.TopologyKey).ByRow;
        for (var row = 0; row < sums.Length; row++)
        {
            if (domains[row] != TopologyColumn.NoDomain)
                sums[row] += weight * totals[domains[row]];
        }
    }

    private static void AddNormalized(CandidateSet candidates, ReadOnlySpan<int> sums)
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
                scores[row] += PluginWeight * (int)(100L * (sums[row] - min) / ((long)max - min));
        }
    }

    /// <summary>How many counted pods run in each domain of a term's topology key.</summary>
    private static int[] Totals(CandidateSet candidates, AffinityTerm term, PodCounter counter)
    {
        var column = candidates.Nodes.Topology(term.TopologyKey);
        var totals = new int[column.DomainLimit];
        if (counter.Total == 0)
            return totals;
        var counts = counter.ByRow;
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain)
                totals[domain] += counts[row];
        }

        return totals;
    }

    /// <summary>How many pods that carry a term run in each of its domains.</summary>
    private static int[] Totals(CandidateSet candidates, CarriedTerm carried)
    {
        var column = candidates.Nodes.Topology(carried.Term.TopologyKey);
        var totals = new int[column.DomainLimit];
        foreach (var (row, count) in carried.CarriersByRow)
        {
            if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain)
                totals[domain] += count;
        }

        return totals;
    }
}
