using System.Collections.Concurrent;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>The selectors of one namespace by relation. Safe for concurrent use.</summary>
/// <param name="namespace">The key of the index's grain.</param>
/// <param name="newIndexer">Makes the index of a reconciler's relation.</param>
internal sealed class NamespaceSelectors(string @namespace, Func<string, int, SelectorIndexer> newIndexer) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Reconciler, int Relation), Lazy<SelectorIndexer>> _indexers = new();

    /// <summary>The key of the index's grain.</summary>
    public string Namespace => @namespace;

    /// <summary>When the index's grain was last called.</summary>
    public long CalledAt
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Finds the primaries whose selectors match any of the label sets.</summary>
    public Task FindAsync(string reconciler, int relation, IEnumerable<LabelSet> labels, long primaryRevision, ISet<ObjectKey> found)
    {
        var indexer = _indexers.GetOrAdd((reconciler, relation), key => new Lazy<SelectorIndexer>(() => newIndexer(key.Reconciler, key.Relation)));
        // An unfilled cache has revision -1.
        return indexer.Value.FindAsync(labels, Math.Max(0, primaryRevision), found);
    }

    /// <summary>Ends the indexers.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var indexer in _indexers.Values)
            await indexer.Value.DisposeAsync();
    }
}
