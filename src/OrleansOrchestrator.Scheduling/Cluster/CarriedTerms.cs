using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The affinity terms that assigned pods carry, found by the pods that they mean: a pod that is to be placed sees those
/// that concern it, however many there are of others.
/// </summary>
internal sealed class CarriedTerms(IReadOnlyDictionary<string, LabelSet> namespaceLabels)
{
    private readonly Dictionary<AffinityTerm, CarriedTerm> _terms = [];
    private readonly Dictionary<string, SelectorIndex<CarriedTerm>> _byNamespace = new(StringComparer.Ordinal);
    private readonly SelectorIndex<CarriedTerm> _ofSelectedNamespaces = new();
    private readonly List<CarriedTerm> _concerning = [];
    private (string Namespace, LabelSet Labels)? _asked;

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<CarriedTerm> All => _terms.Values;

    /// <summary>The terms that mean pods of a namespace with such labels. Valid until the next question or change.</summary>
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

    /// <summary>Forgets the last answer: terms or the labels of namespaces have changed.</summary>
    public void Forget() => _asked = null;

    /// <summary>A term that names the namespace and selects it too is there twice.</summary>
    private void RemoveTwins(int selected)
    {
        if (selected == 0 || selected == _concerning.Count)
            return;
        var seen = new HashSet<CarriedTerm>(_concerning.Count);
        _concerning.RemoveAll(carried => !seen.Add(carried));
    }
}
