using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The primaries that some changes concern: keys, and labels for which the selector index is asked afterwards, once for all of
/// the changes together.
/// </summary>
public sealed class ConcernedPrimaries
{
    /// <summary>Stands for the primaries of all namespaces, where the index is asked.</summary>
    public const string AllNamespaces = "";

    private readonly HashSet<ObjectKey> _keys = [];
    private readonly Dictionary<string, HashSet<LabelSet>> _selecting = new(StringComparer.Ordinal);

    /// <summary>The primaries known so far.</summary>
    public IReadOnlyCollection<ObjectKey> Keys => _keys;

    /// <summary>Labels by the namespace of the primaries that may select them.</summary>
    public IReadOnlyDictionary<string, HashSet<LabelSet>> Selecting => _selecting;

    /// <summary>Adds a primary.</summary>
    public void Add(ObjectKey key) => _keys.Add(key);

    /// <summary>Adds primaries.</summary>
    public void AddRange(IEnumerable<ObjectKey> keys) => _keys.UnionWith(keys);

    /// <summary>Adds all primaries whose <see cref="Relation.SelectorOf"/> matches.</summary>
    /// <param name="namespace">Their namespace, or <see cref="AllNamespaces"/>.</param>
    /// <param name="labels">What they select.</param>
    public void AddSelecting(string @namespace, LabelSet labels)
    {
        if (!_selecting.TryGetValue(@namespace, out var sets))
            _selecting[@namespace] = sets = [];
        sets.Add(labels);
    }
}
