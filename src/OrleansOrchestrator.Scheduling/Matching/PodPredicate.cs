using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Scheduling.Matching;

/// <summary>
/// The pods that a spread constraint or an affinity term counts: those in its namespaces whose labels match its selector.
/// </summary>
internal sealed class PodPredicate : IEquatable<PodPredicate>
{
    private readonly HashSet<string> _namespaces;
    private readonly LabelSelector? _namespaceSelector;
    private readonly PodPredicate[] _conjuncts;
    private readonly string _key;
    private readonly int _hash;

    public PodPredicate(IEnumerable<string> namespaces, LabelSelector? namespaceSelector, LabelSelector selector, bool ignoresTerminating)
    {
        _namespaces = namespaces.ToHashSet(StringComparer.Ordinal);
        _namespaceSelector = namespaceSelector;
        Selector = selector;
        _conjuncts = [];
        IgnoresTerminating = ignoresTerminating;
        var names = string.Join(',', _namespaces.Order(StringComparer.Ordinal));
        _key = $"{names};{(namespaceSelector is null ? "-" : TextOf(namespaceSelector))};{TextOf(selector)};{ignoresTerminating}";
        _hash = _key.GetHashCode();
    }

    private PodPredicate(PodPredicate[] conjuncts)
    {
        _namespaces = [];
        Selector = LabelSelector.Everything;
        _conjuncts = conjuncts;
        _key = string.Join('&', conjuncts.Select(conjunct => conjunct._key));
        _hash = _key.GetHashCode();
    }

    /// <summary>Whether it excludes terminating pods.</summary>
    public bool IgnoresTerminating { get; }

    /// <summary>The label selector.</summary>
    public LabelSelector Selector { get; }

    /// <summary>The namespaces given by name.</summary>
    public IReadOnlyCollection<string> Namespaces => _namespaces;

    /// <summary>Whether it also has a namespace selector.</summary>
    public bool SelectsNamespaces => _namespaceSelector is not null;

    /// <summary>Whether the result depends on the labels of namespaces.</summary>
    public bool ReadsNamespaceLabels => _namespaceSelector is { IsEverything: false } || _conjuncts.Any(conjunct => conjunct.ReadsNamespaceLabels);

    /// <summary>Combines predicates: a pod must match all.</summary>
    public static PodPredicate All(PodPredicate[] predicates) => predicates.Length == 1 ? predicates[0] : new PodPredicate(predicates);

    public bool Matches(string podNamespace, LabelSet labels, IReadOnlyDictionary<string, LabelSet> namespaceLabels)
    {
        if (_conjuncts.Length > 0)
            return Array.TrueForAll(_conjuncts, conjunct => conjunct.Matches(podNamespace, labels, namespaceLabels));
        return (_namespaces.Contains(podNamespace) || SelectsNamespace(podNamespace, namespaceLabels)) && Selector.Matches(labels);
    }

    /// <summary>Whether the namespace selector matches a namespace.</summary>
    public bool SelectsNamespace(string podNamespace, IReadOnlyDictionary<string, LabelSet> namespaceLabels) =>
        _namespaceSelector is { } selector
        && (selector.IsEverything || (namespaceLabels.TryGetValue(podNamespace, out var labels) && selector.Matches(labels)));

    public bool Equals(PodPredicate? other) => ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _key == other._key);

    public override bool Equals(object? obj) => Equals(obj as PodPredicate);

    public override int GetHashCode() => _hash;

    public override string ToString() => _key;

    private static string TextOf(LabelSelector selector) => selector.IsNothing ? "!" : selector.ToString();
}
