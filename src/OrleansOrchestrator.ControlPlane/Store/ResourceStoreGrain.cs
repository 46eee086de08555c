using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansOrchestrator.ControlPlane.Definitions;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Hosts a <see cref="ResourceState"/>: accepts writes at once, and makes them durable in one flush loop.</summary>
/// <remarks>
/// Reentrant: no call waits for the database while others could be served. Only <see cref="FlushAsync"/> commits, one batch at a time,
/// while the next batch fills (group commit).
/// </remarks>
[Reentrant]
[KeepAlive]
internal sealed partial class ResourceStoreGrain(
    IObjectLog log, INewestKinds resources, IKnownQuotas quotas, LocalHeads heads, SlowOpenings openings, StoreOptions options,
    IHostApplicationLifetime host, TimeProvider time, ILogger<ResourceStoreGrain> logger, IFaultPoints? faults = null)
    : Grain, IResourceStoreGrain
{
    // For clients revision 0 means any state at hand: a list must not show it as a revision to watch from.
    private const long FirstHead = 1;

    // The objects that one task decodes while a store is loaded: a few milliseconds of work.
    private const int LoadChunk = 1024;

    // After a failed renewal the database is not asked again on behalf of every follower. Below FollowLease, so that the next attempt
    // is in time.
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Queue<PendingChange> _pending = new();
    private readonly WakeSignal _headMoved = new();
    private readonly FollowerProgress _followers = new(options.CurrentFor, time);
    private readonly long _began = time.GetTimestamp();
    private readonly ChangeHistory _history = new(options.HistoryChangesMax, options.HistoryBytesMax);
    private ResourceDefinition _definition = null!;
    private ResourceState _state = null!;
    private ReadLease _lease = null!;
    private LocalHead _localHead = null!;
    private ExpiryQueue? _expiry;
    private ShardId _shard;
    private long _epoch;
    private long _loggedHead;
    private long _pendingBytes;
    private long _calls;
    private Task _flushing = Task.CompletedTask;
    private Task<CommitResult>? _newestDecided;
    private string? _stopped;

    // When a commit was last given up because the database is away; null after a success.
    private long? _databaseMissed;

    // When the database last failed to confirm that this activation is the newest.
    private long? _leaseMissed;

    private TimeSpan Clock => time.GetElapsedTime(_began);

    /// <summary>Whether a commit failed a moment ago because the database is away. A write is then no more than an attempt to find out
    /// when it is back.</summary>
    private bool IsDatabaseKnownAway => _databaseMissed is { } missed && time.GetElapsedTime(missed) < options.UnavailableGrace;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _definition = await FindDefinitionAsync(cancellationToken);
        _shard = new ShardId(_definition.Name.ToString());
        _lease = new ReadLease(options.ReadLease, time, RenewLeaseAsync);
        using var slow = openings.Watch(_shard);
        try
        {
            var sent = time.GetTimestamp();
            ShardOpening opening = null!;
            await faults.RunAsync(
                StoreStep.Open, _definition.Name, async () => opening = await log.OpenAsync(_shard, cancellationToken));
            _epoch = opening.Epoch;
            _loggedHead = opening.HeadRevision;

            // The previous activation can no longer write, so that the loaded state cannot change while its lease runs out. It may have
            // renewed its lease up to the opening, which happened before the answer: the full time counts from here.
            var previousLease = opening.PreviousLease > TimeSpan.Zero
                ? Task.Delay(opening.PreviousLease, time, cancellationToken)
                : Task.CompletedTask;
            var objects = await Task.Run(() => LoadAsync(_definition, cancellationToken), cancellationToken);
            var loaded = time.GetElapsedTime(sent);
            await previousLease;

            // Takes a lease of its own, so that the next activation waits for this lease and not for the previous one.
            if (opening.PreviousLease > TimeSpan.Zero)
                await _lease.EnsureAsync();

            // The previous activation may have shown writers versions that never became durable. Their revisions are not used again.
            var head = Math.Max(opening.HeadRevision, FirstHead);
            _state = new ResourceState(_definition, objects, head, head + options.PendingChangesMax + options.CommitRowsMax, time);
            _history.Reset(head);
            if (_definition.TimeToLive is { } timeToLive)
                _expiry = ExpiryQueue.Of(objects, timeToLive, Clock);
            openings.Opened(_shard);
            StoreInstruments.Opened(_definition.Name, time.GetElapsedTime(sent));
            LogOpened(_shard, _epoch, objects.Count, opening.HeadRevision, loaded.TotalMilliseconds, time.GetElapsedTime(sent).TotalMilliseconds);
        }
        catch (Exception unavailable) when (unavailable is LogUnavailableException or FencedException)
        {
            throw new StoreUnavailableException(unavailable.Message);
        }

        // For objects that are acknowledged before they are durable, the head alone does not show everything.
        _localHead = new LocalHead(_lease, _state.Head, hasAllAcknowledged: _definition.Durability != Durability.WriteBehind);
        heads.Publish(_definition.Name, _localHead);
        this.RegisterGrainTimer(KeepHouseAsync, options.HousekeepingPeriod, options.HousekeepingPeriod);
        if (_expiry is not null)
            this.RegisterGrainTimer(ExpireAsync, options.ExpiryPeriod, options.ExpiryPeriod);
    }

    /// <summary>Reads all objects in order. Decodes rows while more arrive.</summary>
    private async Task<List<StoredObject>> LoadAsync(ResourceDefinition definition, CancellationToken cancellationToken)
    {
        var chunks = new List<Task<List<StoredObject>>>();
        await foreach (var rows in log.LoadAsync(_shard, cancellationToken).InBatches(LoadChunk, options.BatchBytesMax, static row => row.Value.Length))
            chunks.Add(Task.Run(() => rows.ConvertAll(row => StoredObject.Read(definition, row.Value)), cancellationToken));
        var objects = (await Task.WhenAll(chunks)).SelectMany(static chunk => chunk).ToList();
        objects.Sort(static (left, right) => left.Key.CompareTo(right.Key));
        return objects;
    }

    private async Task<ResourceDefinition> FindDefinitionAsync(CancellationToken cancellationToken)
    {
        var name = ResourceName.Parse(this.GetPrimaryKeyString());
        try
        {
            return await resources.FindNewestAsync(name, cancellationToken)
                ?? throw new StoreUnavailableException($"no resource {name} is known");
        }
        catch (ApiException unavailable)
        {
            throw new StoreUnavailableException(unavailable.Message);
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Stop($"the store of {_shard.Resource} is moving");
        await _flushing;

        // A failed opening has no lease to release.
        if (_localHead is null)
            return;
        await faults.RunAsync(StoreStep.Release, _definition.Name, () => log.ReleaseAsync(_shard, _epoch, cancellationToken));
    }

    public async Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<ObjectWrite> writes)
    {
        var results = new CommitResult?[writes.Count];
        var decided = new Task<CommitResult>?[writes.Count];

        // While the database is away nobody makes a quota known either.
        var knowsQuotas = !IsDatabaseKnownAway && writes.Any(IsLimited) && await quotas.TryCatchUpAsync();
        _calls++;
        for (var i = 0; i < writes.Count; i++)
        {
            if (_stopped is not null)
                results[i] = new CommitResult(CommitStatus.Unavailable, Detail: _stopped);
            else if (_pending.Count >= options.PendingChangesMax || _pendingBytes >= options.PendingBytesMax)
                results[i] = new CommitResult(CommitStatus.Overloaded);
            else if (IsTooLarge(writes[i]))
                results[i] = new CommitResult(CommitStatus.TooLarge, Detail: $"limit is {options.ObjectBytesMax}");
            else if (_state.TryAccept(knowsQuotas ? WithNewestQuotas(writes[i]) : writes[i], out var change) is { } refusal)
                decided[i] = RefuseAsync(writes[i], refusal);
            else
                results[i] = Enqueue(change!, writes[i].Trace, out decided[i]);
        }

        for (var i = 0; i < writes.Count; i++)
        {
            var result = results[i] ??= await decided[i]!;
            if (result.Status != CommitStatus.Committed)
                StoreInstruments.Refused(_definition.Name, result.Status);
        }

        return results!;
    }

    /// <summary>Whether quotas may limit what a write takes: it is a creation, or admission counts it.</summary>
    private static bool IsLimited(ObjectWrite write) => write.Namespace.Length > 0 && (write.Type == WriteType.Create || write.Quotas is not null);

    /// <summary>The write with the quotas of this moment: one that was acknowledged since the write's admission counts too.</summary>
    private ObjectWrite WithNewestQuotas(ObjectWrite write)
    {
        if (!IsLimited(write))
            return write;
        var newest = quotas.Find(_definition.Name, write.Namespace);
        return newest.Count == 0 && write.Quotas is null or { Count: 0 } ? write : write with { Quotas = newest };
    }

    /// <summary>A refusal reveals the state that it is based on. It is answered when that state is durable (invariant I1), and not at
    /// all if it is rolled back.</summary>
    private async Task<CommitResult> RefuseAsync(ObjectWrite write, CommitResult refusal)
    {
        // The holder of a claim or a quota is not looked up: the newest accepted change settles all earlier ones as well.
        var key = new ObjectKey(write.Namespace, write.Name);
        var isBasedOnPending = refusal.Status is CommitStatus.ClaimTaken or CommitStatus.QuotaExceeded ? _state.HasPending : _state.IsPending(key);
        if (!isBasedOnPending || _definition.Durability == Durability.WriteBehind)
            return refusal;
        var settled = await _newestDecided!;
        return settled.Status == CommitStatus.Committed ? refusal : NotTaken(settled.Status, settled.Detail);
    }

    private StoredChange ReadChange(LogChange change) => new(
        change.Type,
        StoredObject.Read(_definition, change.Value),
        change.Previous is { } previous ? StoredObject.Read(_definition, previous) : null);

    /// <summary>Whether a write would make an object too large. An object that already is too large may shrink.</summary>
    private bool IsTooLarge(ObjectWrite write) => write.Type != WriteType.Delete
        && write.Json is { } json && json.Length > options.ObjectBytesMax
        && json.Length > (_state.FindAccepted(new ObjectKey(write.Namespace, write.Name))?.Json.Length ?? 0);

    private CommitResult? Enqueue(StoredChange change, TraceContext? trace, out Task<CommitResult>? decided)
    {
        var pending = new PendingChange(change, _calls, trace, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _pending.Enqueue(pending);
        _pendingBytes += change.Object.Json.Length;
        _expiry?.Note(change, Clock);
        decided = _newestDecided = pending.Decided.Task;
        if (_flushing.IsCompleted)
            _flushing = FlushAsync();
        return _definition.Durability == Durability.WriteBehind ? new CommitResult(CommitStatus.Committed, change.Object) : null;
    }

    /// <summary>Deletes expired objects in bounded steps; the next step begins when the deletions of the last one are durable. However
    /// many objects expire at once, a write waits for a bounded number of deletions, and they never fill the queue.</summary>
    private async Task ExpireAsync(CancellationToken cancellationToken)
    {
        while (_stopped is null && _expiry!.TakeExpired(_state.Durable, Clock, options.ExpiryBatchMax) is { Count: > 0 } expired)
        {
            _calls++;
            Task<CommitResult>? last = null;
            foreach (var deletion in expired)
            {
                // An object that was written again is not deleted, and expires later.
                if (_state.TryAccept(deletion, out var change) is null)
                    Enqueue(change!, null, out last);
            }

            if (last is null || await last is { Status: CommitStatus.Committed })
                continue;
            _expiry.PutBack(expired);
            return;
        }
    }

    /// <summary>Trims the change history.</summary>
    private async Task KeepHouseAsync(CancellationToken cancellationToken)
    {
        if (_stopped is not null)
            return;
        try
        {
            // The history of objects in memory is their only source.
            if (_definition.Durability == Durability.Volatile)
                return;
            _history.Age();
            await log.TrimAsync(_shard, options.ChangesKept, options.ChangesKeptMin, cancellationToken);
        }
        catch (LogUnavailableException unavailable)
        {
            LogHousekeepingPutOff(unavailable, _shard);
        }
    }

    private void ThrowIfStopped()
    {
        if (_stopped is not null)
            throw new StoreUnavailableException(_stopped);
    }

    private void Fence(FencedException fenced)
    {
        LogFenced(fenced, _shard, _epoch);
        Stop($"the store of {_shard.Resource} has moved");
        DeactivateOnIdle();
    }

    /// <summary>Ends this activation after an unexpected fault. A new one reads the true state from the database.</summary>
    private void Abandon(Exception exception)
    {
        LogAbandoned(exception, _shard, _epoch);
        Stop($"the store of {_shard.Resource} starts over");
        DeactivateOnIdle();
    }

    /// <summary>Ends all service: this activation accepts and answers nothing more, and waiting callers are told to retry.</summary>
    private void Stop(string why)
    {
        _stopped ??= why;
        if (_localHead is not null)
            heads.Withdraw(_definition.Name, _localHead);
        _headMoved.Wake();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Opened {Shard} in epoch {Epoch}: {Objects} objects, head {Head}, loaded after {Loaded:F0} ms, ready after {Ready:F0} ms")]
    private partial void LogOpened(ShardId shard, long epoch, int objects, long head, double loaded, double ready);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Shard} epoch {Epoch} was taken over by a newer owner")]
    private partial void LogFenced(Exception exception, ShardId shard, long epoch);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Shard} epoch {Epoch} cannot determine what is durable and starts over")]
    private partial void LogAbandoned(Exception exception, ShardId shard, long epoch);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Trimming the history of {Shard} is postponed")]
    private partial void LogHousekeepingPutOff(Exception exception, ShardId shard);
}
