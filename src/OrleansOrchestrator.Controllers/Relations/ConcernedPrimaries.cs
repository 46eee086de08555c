using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>The primaries that a batch of changes concerns: keys, and labels to look up in the selector index, once for the whole batch.</summary>
public sealed class ConcernedPrimaries
{
    /// <summary>Stands for all namespaces in a lookup of the selector index.</summary>
    public const string AllNamespaces = "";

    private readonly HashSet<ObjectKey> _keys = [];
    private readonly Dictionary<string, HashSet<LabelSet>> _selecting = new(StringComparer.Ordinal);

    /// <summary>The primaries known so far.</summary>
    public IReadOnlyCollection<ObjectKey> Keys => _keys;

    /// <summary>The labels to look up, by the namespace of the primaries that may select them.</summary>
    public IReadOnlyDictionary<string, HashSet<LabelSet>> Selecting => _selecting;

    /// <summary>Adds a primary.</summary>
    public void Add(ObjectKey key) => _keys.Add(key);

    /// <summary>Adds primaries.</summary>
    public void AddRange(IEnumerable<ObjectKey> keys) => _keys.UnionWith(keys);

    /// <summary>Adds the primaries of another batch.</summary>
    public void AddAll(ConcernedPrimaries other)
    {
        ArgumentNullException.ThrowIfNull(other);
        AddRange(other.Keys);
        foreach (var (@namespace, sets) in other.Selecting)
        {
            foreach (var labels in sets)
                AddSelecting(@namespace, labels);
        }
    }

    /// <summary>Adds all primaries whose <see cref="Relation.SelectorOf"/> matches.</summary>
    /// <param name="namespace">Their namespace, or <see cref="AllNamespaces"/>.</param>
    /// <param name="labels">The labels that the selectors must match.</param>
    public void AddSelecting(string @namespace, LabelSet labels)
    {
        if (!_selecting.TryGetValue(@namespace, out var sets))
            _selecting[@namespace] = sets = [];
        sets.Add(labels);
    }
}
