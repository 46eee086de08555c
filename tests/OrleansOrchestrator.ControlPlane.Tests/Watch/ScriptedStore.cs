using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

/// <summary>A store of pods that a test writes to, compacts, holds back and lets fail.</summary>
internal sealed class ScriptedStore : IStoreReader
{
    public TimeSpan CurrentFor => new StoreOptions().CurrentFor;

    private readonly Lock _gate = new();
    private readonly List<StoredChange> _changes = [];
    private ObjectTree _tree = ObjectTree.Empty;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _compacted;
    private int _failures;
    private bool _isHeld;

    /// <summary>The most changes of one answer.</summary>
    public int ChangesMax { get; init; } = 7;

    /// <summary>The most objects of a snapshot page.</summary>
    public int PageMax { get; init; } = 1000;

    /// <summary>Runs before each page of a snapshot is read.</summary>
    public Action? BeforePage { get; set; }

    public long Head { get; private set; }

    public long? TryReadHead(ResourceDefinition definition) => null;

    public int ReadsOfThePast { get; private set; }

    /// <summary>Every change there ever was, whole.</summary>
    public IReadOnlyList<StoredChange> Changes
    {
        get
        {
            lock (_gate)
                return [.. _changes];
        }
    }

    public IReadOnlyList<StoredObject> Objects
    {
        get
        {
            lock (_gate)
                return [.. _tree.All()];
        }
    }

    public StoredObject Put(string name, string node = "", string? app = null)
    {
        lock (_gate)
        {
            var obj = Samples.Pod("default", name, Head + 1, node, app);
            Note(new StoredChange(_tree.Find(obj.Key) is null ? LogChangeType.Added : LogChangeType.Modified, obj, _tree.Find(obj.Key)));
            return obj;
        }
    }

    public void Delete(string name)
    {
        lock (_gate)
        {
            if (_tree.Find(new ObjectKey("default", name)) is not { } previous)
                return;
            var last = StoredObject.Read(Samples.Pods, RevisionSplice.Set(previous.Json.Span, Head + 1));
            Note(new StoredChange(LogChangeType.Deleted, last, previous));
        }
    }

    /// <summary>Forgets the changes up to a revision.</summary>
    public void Compact(long revision)
    {
        lock (_gate)
            _compacted = revision;
    }

    /// <summary>Lets the next calls fail as they do while a store moves.</summary>
    public void Fail(int calls)
    {
        lock (_gate)
            _failures = calls;
    }

    /// <summary>Keeps followers from seeing anything new, or lets them go on.</summary>
    public void Hold(bool isHeld)
    {
        lock (_gate)
        {
            _isHeld = isHeld;
            Signal();
        }
    }

    public Task<long> GetHeadAsync(ResourceDefinition definition)
    {
        lock (_gate)
        {
            ThrowIfFailing();
            return Task.FromResult(Head);
        }
    }

    public async Task<ChangeBatch> FollowAsync(ResourceDefinition definition, long afterRevision)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                ThrowIfFailing();
                if (!_isHeld && Head > afterRevision)
                    return Read(afterRevision);
                moved = _moved.Task;
            }

            await moved;
        }
    }

    public async Task<ChangeBatch> ReadChangesAsync(ResourceDefinition definition, long afterRevision)
    {
        await Task.Yield();
        lock (_gate)
        {
            ThrowIfFailing();
            ReadsOfThePast++;
            return Read(afterRevision);
        }
    }

    public async Task<SnapshotPage> ReadSnapshotAsync(ResourceDefinition definition, ObjectKey after)
    {
        BeforePage?.Invoke();
        await Task.Yield();
        lock (_gate)
        {
            ThrowIfFailing();
            var page = _tree.Range("", after.Name is null ? null : after).Take(PageMax).ToList();
            return new SnapshotPage(Head, page, page.Count < PageMax);
        }
    }

    private void Note(StoredChange change)
    {
        _changes.Add(change);
        _tree = change.Type == LogChangeType.Deleted ? _tree.Without(change.Object.Key) : _tree.With(change.Object);
        Head = change.Revision;
        Signal();
    }

    private ChangeBatch Read(long after) => after < _compacted
        ? new ChangeBatch(Head, [], IsCompacted: true)
        : new ChangeBatch(Head, [.. _changes.Where(change => change.Revision > after).Take(ChangesMax)]);

    private void ThrowIfFailing()
    {
        if (_failures > 0)
        {
            _failures--;
            throw new StoreUnavailableException("the store is moving");
        }
    }

    private void Signal()
    {
        var moved = _moved;
        _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        moved.SetResult();
    }
}
