using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Matching;

/// <summary>
/// Which pods a spread constraint or an affinity term means: those in its namespaces whose labels match its selector.
/// </summary>
internal sealed class PodPredicate : IEquatable<PodPredicate>
{
    private readonly string[] _namespaces;
    private readonly LabelMatcher? _namespaceSelector;
    private readonly LabelMatcher _selector;
    private readonly PodPredicate[] _conjuncts;
    private readonly string _key;

    public PodPredicate(IEnumerable<string> namespaces, LabelMatcher? namespaceSelector, LabelMatcher selector, bool ignoresTerminating)
    {
        _namespaces = [.. namespaces.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        _namespaceSelector = namespaceSelector;
        _selector = selector;
        _conjuncts = [];
        IgnoresTerminating = ignoresTerminating;
        _key = $"{string.Join(',', _namespaces)};{namespaceSelector?.Key ?? "-"};{selector.Key};{ignoresTerminating}";
    }

    private PodPredicate(PodPredicate[] conjuncts)
    {
        _namespaces = [];
        _selector = new LabelMatcher(new V1LabelSelector());
        _conjuncts = conjuncts;
        _key = string.Join('&', conjuncts.Select(conjunct => conjunct._key));
    }

    /// <summary>Whether pods that are being deleted do not count.</summary>
    public bool IgnoresTerminating { get; }

    /// <summary>Whether the answer depends on the labels of namespaces.</summary>
    public bool ReadsNamespaceLabels => _namespaceSelector is { MatchesEverything: false } || _conjuncts.Any(conjunct => conjunct.ReadsNamespaceLabels);

    /// <summary>The pods that all of the predicates mean.</summary>
    public static PodPredicate All(PodPredicate[] predicates) => predicates.Length == 1 ? predicates[0] : new PodPredicate(predicates);

    public bool Matches(string podNamespace, IDictionary<string, string> labels, IReadOnlyDictionary<string, IDictionary<string, string>> namespaceLabels)
    {
        if (_conjuncts.Length > 0)
            return Array.TrueForAll(_conjuncts, conjunct => conjunct.Matches(podNamespace, labels, namespaceLabels));
        return IsInNamespaces(podNamespace, namespaceLabels) && _selector.Matches(labels);
    }

    public bool Equals(PodPredicate? other) => other is not null && _key == other._key;

    public override bool Equals(object? obj) => Equals(obj as PodPredicate);

    public override int GetHashCode() => _key.GetHashCode();

    public override string ToString() => _key;

    private bool IsInNamespaces(string podNamespace, IReadOnlyDictionary<string, IDictionary<string, string>> namespaceLabels)
    {
        if (Array.IndexOf(_namespaces, podNamespace) >= 0)
            return true;
        return _namespaceSelector is { } selector
            && (selector.MatchesEverything || (namespaceLabels.TryGetValue(podNamespace, out var labels) && selector.Matches(labels)));
    }
}
