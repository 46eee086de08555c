using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

// The reads of a store: objects, head, changes and snapshots, and the lease that they need.
internal sealed partial class ResourceStoreGrain
{
    public async Task<StoredObject?> ReadForWriteAsync(string @namespace, string name)
    {
        await EnsureLeaseAsync();
        return _state.FindAccepted(new ObjectKey(@namespace, name));
    }

    public async Task<StoredObject?> ReadSettledAsync(string @namespace, string name)
    {
        await EnsureLeaseAsync();
        var key = new ObjectKey(@namespace, name);
        var accepted = _state.FindAccepted(key);
        if (IsUnsettled(key) && await _newestDecided! is { Status: not CommitStatus.Committed } undone)
            throw new StoreUnavailableException(undone.Detail ?? $"the store of {_shard.Resource} has taken a write back");
        return accepted;
    }

    public async Task<long> GetHeadAsync()
    {
        await EnsureLeaseAsync();

        // A later read must see writes that were acknowledged before they are durable.
        var accepted = _definition.Durability == Durability.WriteBehind ? _state.ExpectedHead : 0;
        while (_state.Head < accepted)
        {
            await _headMoved.Next;
            accepted = Math.Min(accepted, _state.ExpectedHead);
        }

        ThrowIfStopped();
        return _state.Head;
    }

    public async Task<ChangeBatch> FollowAsync(long afterRevision, Guid follower, bool waits)
    {
        _followers.Note(follower, afterRevision);
        var deadline = time.GetTimestamp();
        while (true)
        {
            ThrowIfStopped();
            var moved = _headMoved.Next;
            if (host.ApplicationStopping.IsCancellationRequested)
                throw new StoreUnavailableException($"the silo of the store of {_shard.Resource} is stopping");
            var batch = await ReadAfterAsync(afterRevision);
            var remaining = waits ? options.FollowWait - time.GetElapsedTime(deadline) : TimeSpan.Zero;
            if (batch.Changes.Count > 0 || batch.IsCompacted || batch.Head > afterRevision || remaining <= TimeSpan.Zero)
                return batch;

            // Ends with the silo: its grains cannot move while calls wait in them.
            await moved.CompletesWithinAsync(remaining, time, host.ApplicationStopping);
        }
    }

    public Task WhenSeenAsync(long revision) => _followers.WhenSeenAsync(revision);

    public async Task<ChangeBatch> ReadChangesAsync(long afterRevision) => (await ReadAfterAsync(afterRevision)).WithPrevious();

    public Task<IReadOnlyList<string>> FindHeldAsync(IReadOnlyList<string> claims)
    {
        ThrowIfStopped();
        return Task.FromResult<IReadOnlyList<string>>([.. claims.Where(_state.IsHeld)]);
    }

    private async Task<ChangeBatch> ReadAfterAsync(long afterRevision)
    {
        await EnsureNotReplacedAsync();
        if (afterRevision > _state.Head)
            return new ChangeBatch(_state.Head, [], IsCompacted: true);
        if (_history.After(afterRevision, options.FollowChangesMax, options.BatchBytesMax) is { } recent)
            return new ChangeBatch(_state.Head, recent);
        if (_definition.Durability == Durability.Volatile)
            return new ChangeBatch(_state.Head, [], IsCompacted: true);

        try
        {
            // The head may advance during the database's read. A follower must not count changes that this read did not see as read.
            var head = _state.Head;
            var logged = await log.ReadChangesAsync(
                _shard, afterRevision, options.FollowChangesMax, options.BatchBytesMax, CancellationToken.None);
            return new ChangeBatch(head, [.. logged.Where(change => change.Revision <= head).Select(ReadChange)]);
        }
        catch (CompactedException)
        {
            return new ChangeBatch(_state.Head, [], IsCompacted: true);
        }
        catch (LogUnavailableException unavailable)
        {
            throw new StoreUnavailableException(unavailable.Message);
        }
    }

    public async Task<SnapshotPage> ReadSnapshotAsync(string afterNamespace, string afterName)
    {
        await EnsureNotReplacedAsync();
        ObjectKey? after = afterName.Length == 0 ? null : new ObjectKey(afterNamespace, afterName);
        var (objects, isLast) = _state.Durable.Range("", after)
            .TakeBatch(options.SnapshotPageMax, options.BatchBytesMax, static obj => obj.Json.Length);
        return new SnapshotPage(_state.Head, objects, isLast);
    }

    /// <summary>Checks that this activation had not been replaced a moment ago. A replaced activation that nobody writes to would not
    /// notice, and would show its followers an old state for ever.</summary>
    private async Task EnsureNotReplacedAsync()
    {
        ThrowIfStopped();
        if (_lease.WasRenewedWithin(options.FollowLease))
            return;
        if (_leaseMissed is { } missed && time.GetElapsedTime(missed) < AskAgainAfter)
            throw new StoreUnavailableException("the database does not say whether this store has moved");
        try
        {
            await EnsureLeaseAsync();
            _leaseMissed = null;
        }
        catch (StoreUnavailableException)
        {
            _leaseMissed = time.GetTimestamp();
            throw;
        }
    }

    /// <summary>Checks that reads now see the newest state of any activation (invariant I3).</summary>
    private async Task EnsureLeaseAsync()
    {
        ThrowIfStopped();
        try
        {
            await _lease.EnsureAsync();
        }
        catch (FencedException fenced)
        {
            Fence(fenced);
        }
        catch (LogUnavailableException unavailable)
        {
            throw new StoreUnavailableException(unavailable.Message);
        }

        ThrowIfStopped();
    }

    private Task RenewLeaseAsync(TimeSpan duration) => faults is not null && faults.Skips(StoreStep.RenewLease, _definition.Name)
        ? Task.CompletedTask
        : faults.RunAsync(StoreStep.RenewLease, _definition.Name, () => log.RenewLeaseAsync(_shard, _epoch, duration, CancellationToken.None));

    /// <summary>Whether the newest version of an object may still be rolled back. Versions that are acknowledged before they are
    /// durable count as settled.</summary>
    private bool IsUnsettled(in ObjectKey key) => _definition.Durability != Durability.WriteBehind && _state.IsPending(key);
}
