using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// This silo's cache of one resource: follows the store, serves reads and feeds watches. There is one per silo and resource in use.
/// </summary>
/// <remarks>
/// <see cref="_gate"/> guards the state, the indexes and the watchers together, so that a reader gets a tree with its own index, and a
/// watcher begins at exactly the revision of its initial objects (invariant I5). The tree is immutable: reads and selections run
/// outside the lock.
/// </remarks>
internal sealed partial class WatchCache : IAsyncDisposable
{
    // A watcher with at most this many missed changes takes them unfiltered, so that the lock is not held while they are matched.
    private const int LastStepMax = 16;

    private static readonly StoredObject[] NoObjects = [];

    private readonly Lock _gate = new();

    // Taken outside the gate by whoever changes the tree, so that attached indexes see every change in order.
    private readonly Lock _indexing = new();
    private readonly IStoreReader _store;
    private readonly WatchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IFaultPoints? _faults;
    private readonly SingleFlightHeadRead _head;
    private readonly ChangeHistory _history;
    private readonly PostingIndex _index;
    private readonly WatcherIndex _watchers;
    private readonly PastRevisions _past;
    private readonly WakeSignal _revisionMoved = new();
    private readonly RetryDelay _delay;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _following;
    private ObjectTree _tree = ObjectTree.Empty;
    private ImmutableArray<ICacheIndex> _indexes = [];
    private long _historyAged;
    private long _heardAt;
    private long _currentAt = -1;
    private long _replacedBytes;
    private volatile string? _silentBecause;
    private long _treeRevision = -1;
    private long _revision = -1;

    // The revision up to which all changes have been offered to their watchers.
    private long _offered = -1;

    public WatchCache(ResourceDefinition definition, IStoreReader store, WatchOptions options, TimeProvider time, ILogger logger, IFaultPoints? faults = null)
    {
        Definition = definition;
        _store = store;
        _options = options;
        _delay = new RetryDelay(new Backoff(RetryPauseMin, options.RetryPauseMax));
        _time = time;
        _logger = logger;
        _faults = faults;
        _head = new SingleFlightHeadRead(() => store.GetHeadAsync(definition));
        _history = new ChangeHistory(options.HistoryChangesMax, options.HistoryBytesMax);
        _index = new PostingIndex(definition);
        _watchers = new WatcherIndex(definition);
        _past = new PastRevisions(options, time);
        _historyAged = _heardAt = time.GetTimestamp();
        _following = Task.Run(() => SupervisedLoop.RunAsync($"cache of {definition.Name}", FollowAsync, time, logger, _stopping.Token));
    }

    /// <summary>The resource's kind.</summary>
    public ResourceDefinition Definition { get; }

    /// <summary>The number of watches.</summary>
    public int WatcherCount => _watchers.Count;

    /// <summary>Whether the cache is stopping: all watches have ended, and no new one begins.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>The revision that the cache has reached; -1 while it is being filled. It may still show an earlier state then.</summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Whether the cache has everything that anybody has been told, as far as that is known without a call: the store is on
    /// this silo, or answered a moment ago that there is nothing else. The store remembers that answer (<see
    /// cref="FollowerProgress"/>).</summary>
    public bool IsCurrent => _store.TryReadHead(Definition) is { } head
        ? Revision >= head
        : Volatile.Read(ref _currentAt) is >= 0 and var asked && _time.GetElapsedTime(asked) < _store.CurrentFor;

    /// <summary>How long the store has not answered, or the cache has not been filled.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>The last error in one line; null if there is none.</summary>
    public string? SilentBecause => _silentBecause;

    /// <summary>Waits until the cache is as fresh as asked.</summary>
    /// <exception cref="ApiException">The revision lies in the future, or the store cannot be reached.</exception>
    public async ValueTask EnsureFreshAsync(Freshness freshness, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        var target = freshness.MinimumRevision ?? _store.TryReadHead(Definition) ?? await AskHeadAsync(cancellationToken);
        if (Revision < target)
            await WaitForRevisionAsync(target, cancellationToken);
    }

    /// <summary>Waits until the cache has everything that anybody has been told; mostly it has, and nobody is called.</summary>
    /// <exception cref="ApiException">The store cannot be reached.</exception>
    public ValueTask EnsureCurrentAsync(CancellationToken cancellationToken) =>
        IsCurrent ? ValueTask.CompletedTask : EnsureFreshAsync(Freshness.Latest, cancellationToken);

    /// <summary>The object of a key at the present revision.</summary>
    public StoredObject? Find(in ObjectKey key) => Volatile.Read(ref _tree).Find(key);

    /// <summary>The number of objects.</summary>
    public int Count => Volatile.Read(ref _tree).Count;

    /// <summary>The next keys in order.</summary>
    /// <param name="after">The key to begin after; null for the beginning.</param>
    /// <param name="countMax">The most keys.</param>
    public IReadOnlyList<ObjectKey> KeysAfter(ObjectKey? after, int countMax) =>
        [.. Volatile.Read(ref _tree).Range("", after).Take(countMax).Select(obj => obj.Key)];

    /// <summary>The matching objects in key order, with their common revision.</summary>
    public (List<StoredObject> Objects, long Revision) Select(ObjectFilter filter)
    {
        ObjectTree tree;
        long revision;
        List<ObjectKey>? candidates;
        lock (_gate)
        {
            tree = _tree;
            revision = _treeRevision;
            candidates = _index.Candidates(filter);
        }

        if (candidates is null)
            return ([.. tree.Range(filter.Namespace).Where(filter.Matches)], revision);
        candidates.Sort();
        var objects = new List<StoredObject>(candidates.Count);
        foreach (var key in candidates)
        {
            if (tree.Find(key) is { } obj && filter.Matches(obj))
                objects.Add(obj);
        }

        return (objects, revision);
    }

    /// <summary>The objects with an owner reference to a uid.</summary>
    public IReadOnlyList<StoredObject> OwnedBy(string uid)
    {
        ObjectTree tree;
        IReadOnlyCollection<ObjectKey> keys;
        lock (_gate)
        {
            tree = _tree;
            keys = _index.OwnedBy(uid);
        }

        if (keys.Count == 0)
            return NoObjects;
        return [.. keys.Select(key => tree.Find(key)).OfType<StoredObject>()];
    }

    /// <summary>The values of an indexed field over all objects.</summary>
    public List<string> IndexedValues(string path)
    {
        lock (_gate)
            return _index.ValuesOf(path);
    }

    /// <summary>Maintains an index from now on. It is never behind the cache's visible state.</summary>
    public void Attach(ICacheIndex index)
    {
        lock (_indexing)
        {
            if (_indexes.Contains(index))
                return;
            index.Reset(_tree.All());
            _indexes = _indexes.Add(index);
        }
    }

    /// <summary>Starts a watch.</summary>
    /// <exception cref="ApiException">410: the revision has been compacted.</exception>
    public async Task<Watcher> WatchAsync(WatchQuery query, CancellationToken cancellationToken)
    {
        await EnsureFreshAsync(query.AfterRevision is { } known ? Freshness.AtLeast(known) : query.InitialFreshness, cancellationToken);
        if (query.AfterRevision is not { } after)
            return await WatchObjectsAsync(query, cancellationToken);

        var watcher = NewWatcher(query.Filter, after);
        lock (_gate)
        {
            ThrowIfStopping();
            _watchers.Add(watcher);
        }

        try
        {
            // The missed changes may exceed the watcher's buffer: this is the first step, and the reader takes the others.
            await CatchUpAsync(watcher, cancellationToken);
            return watcher;
        }
        catch
        {
            Unwatch(watcher);
            throw;
        }
    }

    /// <summary>Ends a watch.</summary>
    public void Unwatch(Watcher watcher)
    {
        lock (_gate)
            _watchers.Remove(watcher);
    }

    /// <summary>The revision up to which a watcher's reader has seen everything; null if events are waiting.</summary>
    public long? BookmarkFor(Watcher watcher)
    {
        lock (_gate)
            return watcher.SeenUpTo(_offered);
    }

    /// <summary>Serves a watcher that is behind from the history. It is synced again at the history's end.</summary>
    /// <remarks>Matches changes outside the lock, step by step. It passes the last few on unfiltered, because no change may come in
    /// between.</remarks>
    public async Task CatchUpAsync(Watcher watcher, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<StoredChange>? changes;
        lock (_gate)
        {
            changes = _history.After(watcher.Seen, _options.WatcherEventsMax, _options.WatcherBytesMax);
            if (changes is { Count: <= LastStepMax } && (changes.Count == 0 || changes[^1].Revision == _history.Newest))
            {
                watcher.ResumeSynced(changes, _revision);
                return;
            }
        }

        if (changes is { Count: > 0 })
        {
            watcher.Resume(Events(changes, watcher.Filter), changes[^1].Revision);
            return;
        }

        var missed = new List<WatchEvent>();
        var reached = await ReadOlderAsync(watcher.Seen, watcher.Filter, missed);
        watcher.Resume(missed, reached);
    }

    /// <summary>Ends the cache and all its watches while the silo goes on.</summary>
    public async Task RetireAsync()
    {
        await StopAsync(Compacted());
        Empty();
    }

    public async ValueTask DisposeAsync() => await StopAsync(Stopping());

    private async Task StopAsync(ApiException why)
    {
        await _stopping.CancelAsync();
        EndWatches(why);
        await _following;
    }

    private static ApiException Compacted() => ApiErrors.Expired("too old resource version: the history was compacted");

    private static ApiException Stopping() => ApiErrors.ServiceUnavailable("this silo is stopping");

    private void ThrowIfStopping()
    {
        if (IsStopping)
            throw Stopping();
    }

    private void EndWatches(ApiException why)
    {
        lock (_gate)
        {
            foreach (var watcher in _watchers.All().ToList())
            {
                watcher.End(why);
                _watchers.Remove(watcher);
            }
        }
    }

    /// <summary>Starts a watch that begins with the present objects.</summary>
    private async Task<Watcher> WatchObjectsAsync(WatchQuery query, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryWatchObjects(query.Filter) is { } watcher)
                return watcher;
            await WaitForRevisionAsync(0, cancellationToken);
        }
    }

    private Watcher? TryWatchObjects(ObjectFilter filter)
    {
        if (Revision < 0)
            return null;

        // The watcher catches up with later changes, like a watch that begins after the revision of these objects.
        var (objects, revision) = Select(filter);
        var initial = new List<WatchEvent>(objects.Count + 1);
        foreach (var obj in objects)
            initial.Add(new WatchEvent(WatchEventType.Added, obj.Revision, obj));
        initial.Add(new WatchEvent(WatchEventType.Bookmark, revision, null, EndsInitialEvents: true));
        var watcher = NewWatcher(filter, revision);
        watcher.Resume(initial, revision);
        lock (_gate)
        {
            ThrowIfStopping();
            if (_revision < revision)
                return null;
            _watchers.Add(watcher);
            return watcher;
        }
    }

    private Watcher NewWatcher(ObjectFilter filter, long after) =>
        new(this, filter, _options.WatcherEventsMax, _options.WatcherBytesMax, after);

    /// <summary>Reads changes from the store that this cache no longer holds.</summary>
    /// <returns>The revision up to which it has read.</returns>
    private async Task<long> ReadOlderAsync(long after, ObjectFilter filter, List<WatchEvent> events)
    {
        var batch = await AskAsync(_store.ReadChangesAsync(Definition, after));
        if (batch.IsCompacted)
            throw ApiErrors.Expired($"too old resource version: {after}");
        events.AddRange(Events([.. batch.Changes.Select(Own)], filter));
        return batch.Changes.Count > 0 ? batch.Changes[^1].Revision : batch.Head;
    }

    private static List<WatchEvent> Events(IReadOnlyList<StoredChange> changes, ObjectFilter filter)
    {
        var events = new List<WatchEvent>();
        foreach (var change in changes)
        {
            if (ChangeView.For(change, filter) is { } @event)
                events.Add(@event);
        }

        return events;
    }

    private Task<long> AskHeadAsync(CancellationToken cancellationToken) => AskAsync(_head.ReadAsync().WaitAsync(cancellationToken));

    private static async Task<T> AskAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (Exception exception) when (StoreFaults.IsTransient(exception))
        {
            throw ApiErrors.ServiceUnavailable(StoreFaults.Describe(exception));
        }
    }

    private async Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken)
    {
        var deadline = _time.GetTimestamp();
        while (Revision < revision)
        {
            var moved = _revisionMoved.Next;
            if (Revision >= revision)
                return;
            var remaining = _options.FreshnessWait - _time.GetElapsedTime(deadline);
            if (remaining <= TimeSpan.Zero)
            {
                throw Revision < 0
                    ? ApiErrors.ServiceUnavailable($"the cache of {Definition.Name} is not filled yet")
                    : ApiErrors.TooLargeResourceVersion(revision, Revision);
            }

            // On a time-out the next round throws the error.
            if (!await moved.CompletesWithinAsync(remaining, _time, cancellationToken))
                cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
