using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>
/// A pod's compiled requirements and preferences for its node's labels and name: <c>nodeSelector</c> and <c>nodeAffinity</c>.
/// Scheduler and DaemonSet controller share them.
/// </summary>
public sealed class NodeAffinityRules
{
    private readonly KeyValuePair<string, string>[] _selector;
    private readonly NodeTerm[]? _required;
    private readonly (NodeTerm Term, int Weight)[] _preferred;

    /// <summary>The rules of a pod without requirements and preferences.</summary>
    public static readonly NodeAffinityRules None = new(new Source(null, null));

    /// <summary>Compiles them.</summary>
    public NodeAffinityRules(Source source)
    {
        _selector = source.NodeSelector is { } selector ? [.. selector] : [];
        var affinity = source.NodeAffinity;
        _required = affinity?.RequiredDuringSchedulingIgnoredDuringExecution is { } required
            ? [.. (required.NodeSelectorTerms ?? []).Select(term => new NodeTerm(term))]
            : null;
        _preferred = [.. (affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            .Select(preference => (Term: new NodeTerm(preference.Preference), preference.Weight))
            .Where(preference => preference.Weight != 0 && !preference.Term.IsEmpty)];
        NodeNames = CollectNodeNames();
    }

    /// <summary>Whether there is a node that they might not admit.</summary>
    public bool HasRequirements => _selector.Length > 0 || _required is not null;

    /// <summary>Whether they prefer some nodes to others.</summary>
    public bool HasPreferences => _preferred.Length > 0;

    /// <summary>
    /// The only nodes that can match, if every required term names its nodes, as for a DaemonSet's pod. Empty if the terms contradict
    /// each other; null if the rules do not restrict names.
    /// </summary>
    public IReadOnlySet<string>? NodeNames { get; }

    /// <summary>Whether a node meets what is demanded.</summary>
    public bool Admits(string nodeName, IDictionary<string, string> labels)
    {
        foreach (var (key, value) in _selector)
        {
            if (!labels.TryGetValue(key, out var actual) || actual != value)
                return false;
        }

        if (_required is null)
            return true;
        foreach (var term in _required)
        {
            if (term.Matches(nodeName, labels))
                return true;
        }

        return false;
    }

    /// <summary>The sum of the weights of the preferences that a node satisfies.</summary>
    public int Preference(string nodeName, IDictionary<string, string> labels)
    {
        var sum = 0;
        foreach (var (term, weight) in _preferred)
        {
            if (term.Matches(nodeName, labels))
                sum += weight;
        }

        return sum;
    }

    /// <summary>The fields of a pod from which the rules are compiled.</summary>
    public sealed record Source(IDictionary<string, string>? NodeSelector, V1NodeAffinity? NodeAffinity)
    {
        /// <summary>Selects the fields; null if the pod has none.</summary>
        public static Source? Of(V1PodSpec spec) =>
            spec.NodeSelector is { Count: > 0 } || spec.Affinity?.NodeAffinity is not null ? new Source(spec.NodeSelector, spec.Affinity?.NodeAffinity) : null;
    }

    private HashSet<string>? CollectNodeNames()
    {
        if (_required is not { Length: > 0 })
            return null;
        var union = new HashSet<string>(StringComparer.Ordinal);
        foreach (var term in _required)
        {
            // Terms are alternatives, so that one term without names leaves all nodes open.
            if (term.NodeNames() is not { } names)
                return null;
            union.UnionWith(names);
        }

        return union;
    }
}
