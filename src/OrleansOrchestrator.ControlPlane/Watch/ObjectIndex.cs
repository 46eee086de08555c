using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// An index over the objects of a resource by keys that the user of the index chooses, maintained as the cache changes. It replaces
/// scans, and parses each version of an object once. Examples are the roles of RoleBindings by subject, and the selectors of budgets by
/// namespace.
/// </summary>
/// <remarks>The index is exactly as fresh as its cache.</remarks>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The indexed value.</typeparam>
public sealed class ObjectIndex<TKey, TValue> : ICacheIndex
    where TKey : notnull
{
    private readonly Func<WatchCache> _cache;
    private readonly Func<StoredObject, IEnumerable<KeyValuePair<TKey, TValue>>> _entriesOf;
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Dictionary<ObjectKey, TValue>> _byKey = [];
    private readonly Dictionary<ObjectKey, TKey[]> _keys = [];
    private WatchCache? _following;

    internal ObjectIndex(Func<WatchCache> cache, Func<StoredObject, IEnumerable<KeyValuePair<TKey, TValue>>> entriesOf)
    {
        _cache = cache;
        _entriesOf = entriesOf;
    }

    /// <summary>Waits until the index is as fresh as asked.</summary>
    /// <exception cref="Model.Errors.ApiException">The revision lies in the future, or the store cannot be reached.</exception>
    public ValueTask EnsureFreshAsync(Freshness freshness, CancellationToken cancellationToken) => Follow().EnsureFreshAsync(freshness, cancellationToken);

    /// <inheritdoc cref="WatchCache.EnsureCurrentAsync"/>
    public ValueTask EnsureCurrentAsync(CancellationToken cancellationToken) => Follow().EnsureCurrentAsync(cancellationToken);

    /// <summary>All values under a key, at the cache's present state.</summary>
    public IReadOnlyList<TValue> Find(TKey key)
    {
        Follow();
        lock (_gate)
            return _byKey.TryGetValue(key, out var found) ? [.. found.Values] : [];
    }

    void ICacheIndex.Reset(IEnumerable<StoredObject> objects)
    {
        // Outside the lock, because it may take long.
        var entries = objects.Select(obj => (obj.Key, Entries: EntriesOf(obj))).ToList();
        lock (_gate)
        {
            _byKey.Clear();
            _keys.Clear();
            foreach (var (key, found) in entries)
                Put(key, found);
        }
    }

    void ICacheIndex.Replace(ObjectKey key, StoredObject? current)
    {
        var entries = current is null ? [] : EntriesOf(current);
        lock (_gate)
            Put(key, entries);
    }

    /// <summary>Begins to follow the cache, or the cache that has replaced it.</summary>
    private WatchCache Follow()
    {
        var cache = _cache();
        if (ReferenceEquals(Volatile.Read(ref _following), cache))
            return cache;
        cache.Attach(this);
        Volatile.Write(ref _following, cache);
        return cache;
    }

    // An unreadable object has no entries and does not affect the others.
    private List<KeyValuePair<TKey, TValue>> EntriesOf(StoredObject obj)
    {
        try
        {
            return [.. _entriesOf(obj)];
        }
        catch (Exception)
        {
            LoopInstruments.ObjectFailed("object index");
            return [];
        }
    }

    private void Put(ObjectKey key, List<KeyValuePair<TKey, TValue>> entries)
    {
        if (_keys.Remove(key, out var before))
        {
            foreach (var old in before)
            {
                if (_byKey.TryGetValue(old, out var found) && found.Remove(key) && found.Count == 0)
                    _byKey.Remove(old);
            }
        }

        if (entries.Count == 0)
            return;
        _keys[key] = [.. entries.Select(entry => entry.Key)];
        foreach (var (index, value) in entries)
            (_byKey.TryGetValue(index, out var found) ? found : _byKey[index] = [])[key] = value;
    }
}

/// <summary>An index that a cache maintains as it changes.</summary>
internal interface ICacheIndex
{
    /// <summary>Rebuilds the index from the objects.</summary>
    void Reset(IEnumerable<StoredObject> objects);

    /// <summary>Replaces an object; null if it is gone.</summary>
    void Replace(ObjectKey key, StoredObject? current);
}

/// <summary>Makes indexes over this silo's caches for code outside the caches.</summary>
public sealed class Informers
{
    private readonly WatchCaches _caches;

    internal Informers(WatchCaches caches) => _caches = caches;

    /// <summary>Makes an index of a resource. It costs nothing until its first use, and then follows the resource's cache.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="entriesOf">The entries of an object. An object for which it throws has none.</param>
    public ObjectIndex<TKey, TValue> Index<TKey, TValue>(
        ResourceDefinition definition, Func<StoredObject, IEnumerable<KeyValuePair<TKey, TValue>>> entriesOf)
        where TKey : notnull => new(() => _caches[definition], entriesOf);
}
