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
/// Reentrant: nothing awaits the database while others could be served. Only <see cref="FlushAsync"/> commits, one batch at
/// a time; while a batch is under way the next one fills (group commit).
/// </remarks>
[Reentrant]
[KeepAlive]
internal sealed partial class ResourceStoreGrain(
    IObjectLog log, INewestKinds resources, LocalHeads heads, SlowOpenings openings, StoreOptions options,
    IHostApplicationLifetime host, TimeProvider time, ILogger<ResourceStoreGrain> logger, IFaultPoints? faults = null)
    : Grain, IResourceStoreGrain
{
    // To clients, revision 0 means whatever is at hand: a list must not show it as one that a watch can begin after.
    private const long FirstHead = 1;

    // How many objects one processor takes at a time while a store is loaded.
    private const int LoadChunk = 1024;

    // A database that did not answer is not asked again on behalf of each follower.
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

    // When a commit last had to be given up since the database was away; null once one has succeeded.
    private long? _databaseMissed;

    // When the database last could not say whether this activation has been replaced.
    private long? _leaseMissed;

    private TimeSpan Clock => time.GetElapsedTime(_began);

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

            // The activation before cannot write any more, so that what is loaded while its lease runs out cannot change. It may
            // have renewed its lease until the opening took place, which was before the answer: from here on its whole time counts.
            var previousLease = opening.PreviousLease > TimeSpan.Zero
                ? Task.Delay(opening.PreviousLease, time, cancellationToken)
                : Task.CompletedTask;
            var objects = await Task.Run(() => LoadAsync(_definition, cancellationToken), cancellationToken);
            var loaded = time.GetElapsedTime(sent);
            await previousLease;

            // Until it takes its own lease, the one that whoever comes next waits for is that of the activation before.
            if (opening.PreviousLease > TimeSpan.Zero)
                await _lease.EnsureAsync();

            // The activation before may have shown writers versions that never became durable. Their revisions stay theirs.
            var head = Math.Max(opening.HeadRevision, FirstHead);
            _state = new ResourceState(_definition, objects, head, head + options.PendingChangesMax + options.CommitRowsMax);
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

        // What is acknowledged before it is durable must be waited for: the head alone does not tell of it.
        _localHead = new LocalHead(_lease, _state.Head, tellsAll: _definition.Durability != Durability.WriteBehind);
        heads.Publish(_definition.Name, _localHead);
        this.RegisterGrainTimer(KeepHouseAsync, options.HousekeepingPeriod, options.HousekeepingPeriod);
        if (_expiry is not null)
            this.RegisterGrainTimer(ExpireAsync, options.ExpiryPeriod, options.ExpiryPeriod);
    }

    /// <summary>Reads all objects, in order. What has arrived is looked at while more arrives.</summary>
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

        // An opening that failed has no lease of its own to give up.
        if (_localHead is null)
            return;
        await faults.RunAsync(StoreStep.Release, _definition.Name, () => log.ReleaseAsync(_shard, _epoch, cancellationToken));
    }

    public async Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<ObjectWrite> writes)
    {
        var results = new CommitResult?[writes.Count];
        var decided = new Task<CommitResult>?[writes.Count];
        _calls++;
        for (var i = 0; i < writes.Count; i++)
        {
            if (_stopped is not null)
                results[i] = new CommitResult(CommitStatus.Unavailable, Detail: _stopped);
            else if (_pending.Count >= options.PendingChangesMax || _pendingBytes >= options.PendingBytesMax)
                results[i] = new CommitResult(CommitStatus.Overloaded);
            else if (IsTooLarge(writes[i]))
                results[i] = new CommitResult(CommitStatus.TooLarge, Detail: $"limit is {options.ObjectBytesMax}");
            else if (_state.TryAccept(writes[i], out var change) is { } refusal)
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

    /// <summary>A refusal shows what it rests on: it is told once that is durable (invariant I1), and not at all if it never becomes so.</summary>
    private async Task<CommitResult> RefuseAsync(ObjectWrite write, CommitResult refusal)
    {
        // Whoever holds a claim is not looked for: everything accepted so far settles that as well.
        var key = new ObjectKey(write.Namespace, write.Name);
        var rests = refusal.Status == CommitStatus.ClaimTaken ? _state.HasPending : _state.IsPending(key);
        if (!rests || _definition.Durability == Durability.WriteBehind)
            return refusal;
        var settled = await _newestDecided!;
        return settled.Status == CommitStatus.Committed ? refusal : NotTaken(settled.Status, settled.Detail);
    }

    private StoredChange ReadChange(LogChange change) => new(
        change.Type,
        StoredObject.Read(_definition, change.Value),
        change.Previous is { } previous ? StoredObject.Read(_definition, previous) : null);

    /// <summary>Whether a write would make an object larger than objects may be. One that is already may become smaller.</summary>
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

    /// <summary>Deletes what has outlived its time: some, and when they are gone some more. However many expire at once, a write that
    /// comes meanwhile has a bounded number of them before it, and none of them takes its place.</summary>
    private async Task ExpireAsync(CancellationToken cancellationToken)
    {
        while (_stopped is null && _expiry!.TakeExpired(_state.Durable, Clock, options.ExpiryBatchMax) is { Count: > 0 } expired)
        {
            _calls++;
            Task<CommitResult>? last = null;
            foreach (var deletion in expired)
            {
                // What was written again meanwhile is not accepted, and will expire later.
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
            // What lives in memory only can be read nowhere else.
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

    /// <summary>Ends this activation after a fault that nobody expects: a new one reads from the database what is true.</summary>
    private void Abandon(Exception exception)
    {
        LogAbandoned(exception, _shard, _epoch);
        Stop($"the store of {_shard.Resource} starts over");
        DeactivateOnIdle();
    }

    /// <summary>Ends all service: nothing is accepted or answered from now on, and whoever waits is told to try again.</summary>
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

    [LoggerMessage(Level = LogLevel.Error, Message = "{Shard} epoch {Epoch} cannot tell what is durable and starts over")]
    private partial void LogAbandoned(Exception exception, ShardId shard, long epoch);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Housekeeping of {Shard} is put off")]
    private partial void LogHousekeepingPutOff(Exception exception, ShardId shard);
}
