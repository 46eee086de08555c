using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The affinity terms of assigned pods, indexed by the pods that they match: a pod to be placed sees the terms that concern it, however
/// many others there are.
/// </summary>
internal sealed class CarriedTerms(IReadOnlyDictionary<string, LabelSet> namespaceLabels)
{
    private readonly Dictionary<AffinityTerm, CarriedTerm> _terms = [];
    private readonly Dictionary<string, SelectorIndex<CarriedTerm>> _byNamespace = new(StringComparer.Ordinal);
    private readonly SelectorIndex<CarriedTerm> _ofSelectedNamespaces = new();
    private readonly List<CarriedTerm> _concerning = [];
    private (string Namespace, LabelSet Labels)? _asked;

    /// <summary>All terms.</summary>
    public IReadOnlyCollection<CarriedTerm> All => _terms.Values;

    /// <summary>The terms that match pods of a namespace with some labels. Valid until the next call or change.</summary>
    public IReadOnlyList<CarriedTerm> Concerning(string podNamespace, LabelSet labels)
    {
        // A decision asks several times, and replicas of one template follow each other.
        if (_asked is { } asked && asked.Namespace == podNamespace && asked.Labels == labels)
            return _concerning;
        _concerning.Clear();
        _ofSelectedNamespaces.Match(labels, _concerning);
        _concerning.RemoveAll(carried => !carried.Term.Pods.SelectsNamespace(podNamespace, namespaceLabels));
        if (_byNamespace.TryGetValue(podNamespace, out var named))
        {
            var selected = _concerning.Count;
            named.Match(labels, _concerning);
            RemoveTwins(selected);
        }

        _asked = (podNamespace, labels);
        return _concerning;
    }

    public void Add(AffinityTerm term, int row)
    {
        if (!_terms.TryGetValue(term, out var carried))
        {
            _terms.Add(term, carried = new CarriedTerm(term));
            foreach (var name in term.Pods.Namespaces)
            {
                if (!_byNamespace.TryGetValue(name, out var index))
                    _byNamespace.Add(name, index = new SelectorIndex<CarriedTerm>());
                index.Add(carried, term.Pods.Selector);
            }

            if (term.Pods.SelectsNamespaces)
                _ofSelectedNamespaces.Add(carried, term.Pods.Selector);
            Forget();
        }

        carried.Add(row, 1);
    }

    public void Remove(AffinityTerm term, int row)
    {
        var carried = _terms[term];
        carried.Add(row, -1);
        if (carried.CarriersByRow.Count > 0)
            return;
        _terms.Remove(term);
        foreach (var name in term.Pods.Namespaces)
        {
            var index = _byNamespace[name];
            index.Remove(carried);
            if (index.Count == 0)
                _byNamespace.Remove(name);
        }

        _ofSelectedNamespaces.Remove(carried);
        Forget();
    }

    /// <summary>Drops the cached answer, because terms or the labels of namespaces have changed.</summary>
    public void Forget() => _asked = null;

    /// <summary>Removes duplicates: a term that both names and selects the namespace is there twice.</summary>
    private void RemoveTwins(int selected)
    {
        if (selected == 0 || selected == _concerning.Count)
            return;
        var seen = new HashSet<CarriedTerm>(_concerning.Count);
        _concerning.RemoveAll(carried => !seen.Add(carried));
    }
}
