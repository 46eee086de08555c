using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Watch;

internal sealed partial class WatchCache
{
    // Short beside a failover of a store, which takes about a second.
    private static readonly TimeSpan RetryPauseMin = TimeSpan.FromMilliseconds(50);


    /// <summary>One step of following the store: fills the cache if it is empty, applies changes, and waits after a failure. <see
    /// cref="CacheHealth"/> reports a failure that lasts.</summary>
    private async Task<TimeSpan?> FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_revision < 0)
                await FillAsync().WaitAsync(cancellationToken);
            var asked = _time.GetTimestamp();
            var batch = await _store.FollowAsync(Definition, _revision).WaitAsync(cancellationToken);
            if (batch.IsCompacted)
                Empty();
            else
                ApplyOrStartOver(batch);
            Heard(asked, isAll: !batch.IsCompacted && _revision >= batch.Head);
            AgeHistory();
            _delay.Reset();
            return TimeSpan.Zero;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The cache continues from its present state.
            _silentBecause = StoreFaults.IsTransient(exception) ? StoreFaults.Describe(exception) : exception.Message;
            LogFollowFailed(exception, Definition.Name);
            return _delay.Next();
        }
    }

    /// <summary>Records an answer of the store.</summary>
    /// <param name="asked">When the call was sent: the answer is true for that time or later.</param>
    /// <param name="isAll">Whether the cache now has everything that the store had.</param>
    private void Heard(long asked, bool isAll)
    {
        // A cache that is emptied again and again is useless, although its store answers.
        if (_revision >= 0)
        {
            Volatile.Write(ref _heardAt, _time.GetTimestamp());
            _silentBecause = null;
        }

        Volatile.Write(ref _currentAt, isAll ? asked : -1);
    }

    /// <summary>Drops old changes. Changes of resources in memory are kept, because they exist nowhere else.</summary>
    private void AgeHistory()
    {
        if (Definition.Durability == Durability.Volatile || _time.GetElapsedTime(_historyAged) < _options.HistoryAge)
            return;
        _historyAged = _time.GetTimestamp();
        lock (_gate)
            _history.Age();
    }

    /// <summary>Applies a batch. If that fails, a part of the batch may be applied. Applying it again could repeat that part, so the
    /// cache reads everything again.</summary>
    private void ApplyOrStartOver(ChangeBatch batch)
    {
        try
        {
            Apply(batch);
        }
        catch (Exception fault)
        {
            WatchInstruments.Failed(Definition.Name);
            LogStartsOver(fault, Definition.Name, Revision);
            Empty();
            throw;
        }
    }

    /// <summary>Fills the cache from the durable state. Later pages may be newer than the first; the changes that follow correct
    /// that.</summary>
    private async Task FillAsync()
    {
        var objects = new List<StoredObject>();
        var first = await _store.ReadSnapshotAsync(Definition, default);
        var page = first;
        objects.AddRange(page.Objects.Select(Own));
        while (!page.IsLast)
        {
            page = await _store.ReadSnapshotAsync(Definition, objects[^1].Key);
            objects.AddRange(page.Objects.Select(Own));
        }

        // Changes after the first page's head that a later page already contained arrive again, and put every object in its place.
        var tree = ObjectTree.FromSorted(objects);
        var reached = first.Head;
        while (reached < page.Head)
        {
            var batch = await _store.ReadChangesAsync(Definition, reached);
            if (batch.IsCompacted)
                throw new StoreUnavailableException("changes were compacted while the cache was being filled");
            foreach (var change in batch.Changes.Select(Own))
                tree = change.Type == LogChangeType.Deleted ? tree.Without(change.Object.Key) : tree.With(change.Object);
            reached = batch.Changes.Count > 0 ? batch.Changes[^1].Revision : batch.Head;
        }

        WatchInstruments.Filled(Definition.Name);
        lock (_indexing)
        {
            foreach (var index in _indexes)
                index.Reset(tree.All());
            Show(tree, reached);
        }
    }

    private void Show(ObjectTree tree, long reached)
    {
        lock (_gate)
        {
            _tree = tree;
            _index.Clear();
            foreach (var obj in _tree.All())
                _index.Replace(null, obj);
            _history.Reset(reached);
            MoveTo(reached);
            _offered = reached;
        }
    }

    private void Apply(ChangeBatch batch)
    {
        // Matches events to watchers outside the lock, so that readers do not wait for it.
        var offers = Take(batch);
        foreach (var (change, concerned) in offers)
        {
            foreach (var watcher in concerned)
                watcher.Offer(change);
        }

        lock (_gate)
            _offered = _revision;
    }

    /// <summary>Applies a batch to the cache.</summary>
    /// <returns>Its changes, and the watchers that each may concern.</returns>
    private List<(StoredChange Change, IReadOnlyList<Watcher> Concerned)> Take(ChangeBatch batch)
    {
        // Only this loop changes the tree, so that derived state can be computed outside the lock.
        var newest = new Dictionary<ObjectKey, StoredObject?>(batch.Changes.Count);
        var changes = new List<StoredChange>(batch.Changes.Count);
        var revision = _revision;
        foreach (var foreign in batch.Changes)
        {
            if (foreign.Revision <= revision)
                continue;
            var change = Own(foreign);
            revision = change.Revision;
            if (!newest.TryGetValue(change.Object.Key, out var previous))
                previous = _tree.Find(change.Object.Key);
            newest[change.Object.Key] = change.Type == LogChangeType.Deleted ? null : change.Object;
            changes.Add(ReferenceEquals(change.Previous, previous) ? change : change with { Previous = previous });
        }

        lock (_indexing)
        {
            foreach (var index in _indexes)
            {
                foreach (var (key, obj) in newest)
                    index.Replace(key, obj);
            }

            // A new head without changes need not wait for any.
            return Show(newest, changes, batch.Changes.Count == 0 ? Math.Max(revision, batch.Head) : revision);
        }
    }

    private List<(StoredChange Change, IReadOnlyList<Watcher> Concerned)> Show(
        Dictionary<ObjectKey, StoredObject?> newest, List<StoredChange> changes, long revision)
    {
        var offers = new List<(StoredChange, IReadOnlyList<Watcher>)>(changes.Count);
        lock (_gate)
        {
            // A watcher may read the cache as soon as it gets an event: the objects come first.
            if (newest.Count > 0)
                Volatile.Write(ref _tree, _tree.With(newest));
            foreach (var change in changes)
            {
                _index.Replace(change.Previous, change.Type == LogChangeType.Deleted ? null : change.Object);
                _history.Append(change);
                _replacedBytes += change.Previous?.Json.Length ?? 0;
                if (_faults is null || !_faults.Skips(StoreStep.Offer, Definition.Name))
                    offers.Add((change, _watchers.ConcernedBy(change)));
            }

            MoveTo(revision);
        }

        return offers;
    }

    /// <summary>Decodes an object by this cache's definition. The store may still have an older definition of a custom kind, with other
    /// selectable fields.</summary>
    private StoredObject Own(StoredObject obj) =>
        ReferenceEquals(obj.Definition, Definition) ? obj : StoredObject.Read(Definition, obj.Json);

    private StoredChange Own(StoredChange change) => ReferenceEquals(change.Object.Definition, Definition)
        ? change
        : change with { Object = Own(change.Object), Previous = change.Previous is { } previous ? Own(previous) : null };

    /// <summary>Empties the cache. The changes in between are unknown, so that every watch must start over too.</summary>
    private void Empty()
    {
        lock (_gate)
        {
            EndWatches(Compacted());

            // A watch that begins before the cache is filled again must not take the old history for complete.
            _history.Reset(long.MaxValue);
            Volatile.Write(ref _revision, -1);
        }
    }

    private void MoveTo(long revision)
    {
        _treeRevision = revision;
        Volatile.Write(ref _revision, revision);
        _revisionMoved.Wake();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The cache of {Resource} cannot follow its store; retrying")]
    private partial void LogFollowFailed(Exception exception, ResourceName resource);

    [LoggerMessage(Level = LogLevel.Error, Message = "The cache of {Resource} cannot apply what follows revision {Revision}, and is filled again")]
    private partial void LogStartsOver(Exception exception, ResourceName resource, long revision);
}
