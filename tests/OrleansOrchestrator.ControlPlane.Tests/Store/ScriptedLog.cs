using System.Runtime.CompilerServices;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>What goes wrong with a commit.</summary>
public enum CommitFault
{
    /// <summary>The database is not reached.</summary>
    Unavailable,

    /// <summary>The connection is lost, and nothing was written.</summary>
    LostBefore,

    /// <summary>The connection is lost after all was written.</summary>
    LostAfter,

    /// <summary>The wait is cancelled, and nothing was written.</summary>
    CancelledBefore,

    /// <summary>The wait is cancelled after all was written.</summary>
    CancelledAfter,

    /// <summary>The connection is lost after all was written, and a newer owner takes the shard over at once.</summary>
    LostAfterAndFenced,

    /// <summary>A fault that the contract does not know, before anything was written.</summary>
    Unknown,
}

/// <summary>An object log in memory whose faults are scripted.</summary>
internal sealed class ScriptedLog : IObjectLog
{
    private sealed class Shard
    {
        public long Epoch;
        public long Head;
        public TimeSpan Lease;
        public long LeaseEpoch;
        public int Commits;
        public readonly List<LogChange> Changes = [];
        public readonly SortedDictionary<ObjectKey, LogObject> Objects = [];
        public readonly Queue<CommitFault> Faults = new();
        public readonly Queue<CommitStop> Stops = new();
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, Shard> _shards = [];
    private bool _isAway;

    /// <summary>Lets owners that have been replaced write, which no log may: to see that it is noticed (invariant I3).</summary>
    public bool IgnoresEpochs { get; init; }

    /// <summary>How many commits of a resource have been tried. Other stores of the silo commit when they like.</summary>
    public int CommitsOf(string resource)
    {
        lock (_gate)
            return Of(new ShardId(resource)).Commits;
    }

    /// <inheritdoc/>
    public string? LastFault { get; set; }

    /// <summary>Lets the next commits of a resource fail, one after another.</summary>
    public void Fail(string resource, params CommitFault[] faults)
    {
        lock (_gate)
        {
            foreach (var fault in faults)
                Of(new ShardId(resource)).Faults.Enqueue(fault);
        }
    }

    /// <summary>Stops the next commit of a resource before it writes anything.</summary>
    public CommitStop StopNext(string resource)
    {
        var stop = new CommitStop();
        lock (_gate)
            Of(new ShardId(resource)).Stops.Enqueue(stop);
        return stop;
    }

    /// <summary>Takes the database away, or brings it back.</summary>
    public void BeAway(bool isAway)
    {
        lock (_gate)
            _isAway = isAway;
    }

    /// <summary>Takes a resource over as a new owner does, and leaves it at that.</summary>
    public void TakeOver(string resource)
    {
        lock (_gate)
            Of(new ShardId(resource)).Epoch++;
    }

    /// <summary>Takes a resource over as a new owner does, and writes.</summary>
    public async Task CommitElsewhereAsync(string resource, ObjectWrite write)
    {
        var shard = new ShardId(resource);
        var opening = await OpenAsync(shard, CancellationToken.None);
        var revision = opening.HeadRevision + 1;
        var json = Model.Codec.RevisionSplice.Set(write.Json!.Value.Span, revision);
        await CommitAsync(
            shard, opening.Epoch,
            new LogCommit(opening.HeadRevision, revision, [new LogWrite(revision, LogChangeType.Added, write.Namespace, write.Name, json, 0)], TimeSpan.Zero),
            CancellationToken.None);
    }

    /// <summary>What is durable.</summary>
    public long HeadOf(string resource)
    {
        lock (_gate)
            return Of(new ShardId(resource)).Head;
    }

    public Task<ShardOpening> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfAway();
            var state = Of(shard);
            return Task.FromResult(new ShardOpening(++state.Epoch, state.Head, 0, state.Lease));
        }
    }

    public async IAsyncEnumerable<LogObject> LoadAsync(ShardId shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LogObject[] objects;
        lock (_gate)
        {
            ThrowIfAway();
            objects = [.. Of(shard).Objects.Values];
        }

        foreach (var obj in objects)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return obj;
        }

        await Task.CompletedTask;
    }

    public async Task CommitAsync(ShardId shard, long epoch, LogCommit commit, CancellationToken cancellationToken)
    {
        CommitStop? stop;
        lock (_gate)
        {
            Of(shard).Commits++;
            Of(shard).Stops.TryDequeue(out stop);
        }

        if (stop is not null)
            await stop.ArriveAsync();
        await Task.Yield();
        lock (_gate)
        {
            ThrowIfAway();
            var state = Of(shard);
            CommitFault? fault = state.Faults.TryDequeue(out var next) ? next : null;
            switch (fault)
            {
                case CommitFault.Unavailable:
                    throw new LogUnavailableException("scripted absence");
                case CommitFault.LostBefore:
                    throw new OutcomeUnknownException("scripted loss");
                case CommitFault.CancelledBefore:
                    throw new OperationCanceledException();
                case CommitFault.Unknown:
                    throw new InvalidTimeZoneException("scripted fault that nobody expects");
            }

            Write(state, shard, epoch, commit);
            if (fault == CommitFault.LostAfterAndFenced)
                state.Epoch++;
            if (fault == CommitFault.CancelledAfter)
                throw new OperationCanceledException();
            if (fault is not null)
                throw new OutcomeUnknownException("scripted loss");
        }
    }

    public Task<long> ReadHeadAsync(ShardId shard, long epoch, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfAway();
            return Of(shard).Epoch == epoch ? Task.FromResult(Of(shard).Head) : throw new FencedException(shard, epoch);
        }
    }

    public Task RenewLeaseAsync(ShardId shard, long epoch, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfAway();
            if (!IgnoresEpochs && Of(shard).Epoch != epoch)
                throw new FencedException(shard, epoch);
            (Of(shard).Lease, Of(shard).LeaseEpoch) = (leaseDuration, epoch);
            return Task.CompletedTask;
        }
    }

    public Task ReleaseAsync(ShardId shard, long epoch, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Of(shard).Epoch == epoch && Of(shard).LeaseEpoch == epoch)
                Of(shard).Lease = default;
            return Task.CompletedTask;
        }
    }

    public Task<IReadOnlyList<LogChange>> ReadChangesAsync(
        ShardId shard, long afterRevision, int limit, long bytesMax, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfAway();
            return Task.FromResult<IReadOnlyList<LogChange>>(
                Of(shard).Changes.Where(change => change.Revision > afterRevision)
                    .TakeBatch(limit, bytesMax, static change => change.Value.Length + (change.Previous?.Length ?? 0)).Batch);
        }
    }

    public Task<long> TrimAsync(ShardId shard, TimeSpan minimumAge, long minimumCount, CancellationToken cancellationToken) => Task.FromResult(0L);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(Shard state, ShardId shard, long epoch, LogCommit commit)
    {
        if (!IgnoresEpochs && (state.Epoch != epoch || state.Head != commit.HeadBefore))
            throw new FencedException(shard, epoch);
        state.Head = commit.HeadAfter;
        (state.Lease, state.LeaseEpoch) = (commit.LeaseDuration, epoch);
        foreach (var change in commit.Changes)
        {
            var key = new ObjectKey(change.Namespace, change.Name);
            state.Changes.Add(new LogChange(
                change.Revision, change.Type, change.Namespace, change.Name, change.Value, state.Objects.GetValueOrDefault(key)?.Value));
            if (change.Type == LogChangeType.Deleted)
                state.Objects.Remove(key);
            else
                state.Objects[key] = new LogObject(change.Namespace, change.Name, change.Revision, change.Value);
        }
    }

    private Shard Of(ShardId shard) => _shards.TryGetValue(shard, out var state) ? state : _shards[shard] = new Shard();

    private void ThrowIfAway()
    {
        if (_isAway)
            throw new LogUnavailableException("the scripted database is away");
    }
}

/// <summary>A commit that has been stopped on its way.</summary>
internal sealed class CommitStop
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the commit is there.</summary>
    public Task Arrived => _arrived.Task;

    public void GoOn() => _goOn.TrySetResult();

    internal Task ArriveAsync()
    {
        _arrived.TrySetResult();
        return _goOn.Task;
    }
}
