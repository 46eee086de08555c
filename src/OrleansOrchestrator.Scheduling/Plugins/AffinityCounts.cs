using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Matching;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// How many pods that a pod must or must not be near to are in each domain. They are counted once for an attempt, and follow the pods that come
/// and go for a trial.
/// </summary>
internal sealed class AffinityCounts
{
    private readonly SchedulerCache _cluster;
    private readonly PodInfo _pod;
    private readonly AffinityTerm[] _wanted;
    private readonly string[] _wantedKeys;
    private readonly bool _wantsItself;
    private readonly DomainTotals _companions;
    private readonly DomainTotals _own;
    private readonly DomainTotals _others;

    public AffinityCounts(SchedulerCache cluster, PodInfo pod)
    {
        (_cluster, _pod) = (cluster, pod);
        _wanted = Array.FindAll(pod.Shape.AffinityTerms, term => term.Kind == AffinityKind.RequiredAffinity);
        _wantedKeys = [.. _wanted.Select(term => term.TopologyKey).Distinct(StringComparer.Ordinal)];
        _wantsItself = _wanted.Length > 0 && Array.TrueForAll(_wanted, term => Concerns(term, pod));
        (_companions, _own, _others) = (new DomainTotals(cluster.Nodes), new DomainTotals(cluster.Nodes), new DomainTotals(cluster.Nodes));
        Count();
    }

    /// <summary>Whether the pod has terms that demand others nearby.</summary>
    public bool WantsCompanions => _wanted.Length > 0;

    /// <summary>By domain, the pods that match all terms at once that demand them nearby.</summary>
    public IEnumerable<(TopologyColumn Column, long[] ByDomain)> Companions => _wantedKeys.Select(_companions.Get);

    /// <summary>By domain, the pods that its own terms keep it away from.</summary>
    public DomainTotals Own => _own;

    /// <summary>By domain, the pods whose terms keep it away.</summary>
    public DomainTotals Others => _others;

    /// <summary>
    /// Whether no pod is where the terms demand one, and the pod is one itself. The first pod of a group with affinity to itself would wait
    /// forever; it may run wherever the labels exist. Companions on nodes without any of the labels are nowhere: nobody can run near them.
    /// </summary>
    public bool IsFirst => _wantsItself && Array.TrueForAll(_wantedKeys, key => Array.TrueForAll(_companions.Get(key).ByDomain, static count => count == 0));

    /// <summary>Whether a pod on some node lacks companions.</summary>
    public bool IsDistant(int row)
    {
        foreach (var key in _wantedKeys)
        {
            var (column, byDomain) = _companions.Get(key);
            var domain = column.ByRow[row];
            if (domain == TopologyColumn.NoDomain || (byDomain[domain] == 0 && !IsFirst))
                return true;
        }

        return false;
    }

    /// <summary>Whether any of the counted pods is in a domain of a node.</summary>
    public static bool IsNear(DomainTotals totals, int row)
    {
        foreach (var (column, byDomain) in totals.All)
        {
            if (column.ByRow[row] is var domain and not TopologyColumn.NoDomain && byDomain[domain] > 0)
                return true;
        }

        return false;
    }

    /// <summary>Follows a pod that came (+1) or goes (-1).</summary>
    public void Note(AssignedPod pod, int change)
    {
        if (WantsCompanions && Array.TrueForAll(_wanted, term => Concerns(term, pod.Info)))
        {
            foreach (var key in _wantedKeys)
                _companions.Add(key, pod.Row, change);
        }

        foreach (var term in _pod.Shape.AffinityTerms)
        {
            if (term.Kind == AffinityKind.RequiredAntiAffinity && Concerns(term, pod.Info))
                _own.Add(term.TopologyKey, pod.Row, change);
        }

        foreach (var term in pod.Info.Shape.AffinityTerms)
        {
            if (term.Kind == AffinityKind.RequiredAntiAffinity && Concerns(term, _pod))
                _others.Add(term.TopologyKey, pod.Row, change);
        }
    }

    private void Count()
    {
        if (WantsCompanions)
        {
            var companions = _cluster.Counters.Of(PodPredicate.All(Array.ConvertAll(_wanted, term => term.Pods)));
            foreach (var key in _wantedKeys)
                _companions.Add(key, companions, 1);
        }

        foreach (var term in _pod.Shape.AffinityTerms)
        {
            if (term.Kind == AffinityKind.RequiredAntiAffinity)
                _own.Add(term.TopologyKey, _cluster.Counters.Of(term.Pods), 1);
        }

        foreach (var carried in _cluster.Pods.CarriedTerms.Concerning(_pod.Namespace, _pod.Labels))
        {
            if (carried.Term.Kind == AffinityKind.RequiredAntiAffinity)
                _others.Add(carried, 1);
        }
    }

    private bool Concerns(AffinityTerm term, PodInfo pod) => term.Pods.Matches(pod.Namespace, pod.Labels, _cluster.Pods.NamespaceLabels);
}
