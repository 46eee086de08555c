using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Selectors;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <inheritdoc cref="IControllerGrain"/>
/// <remarks>
/// <para>The grain follows the caches of its own silo. Relations name the objects that a change concerns, and the grain reconciles
/// those of its own shard, without a call to another grain. It keeps no state of an idle object, and no state that a new activation
/// could not rebuild: every start queues every object, so that no key is lost with a silo. A slow resync repairs what a lost signal
/// missed. Two activations at once are harmless. Every write has a precondition: the observed version where others act on what is
/// written, and the uid at least, so that the next look repairs what an older one wrote.</para>
/// <para>It observes at or after the revisions of its own last writes. So it never acts on a state from before its own writes, and
/// needs none of the "expectations" that Kubernetes' controllers keep.</para>
/// </remarks>
[Reentrant]
[KeepAlive]
[ShardPlacement]
internal sealed partial class ControllerGrain(
    IEnumerable<IReconciler> reconcilers, ObservationReader reader, PlanApplier applier, SelectorIndexes indexes, WatchCaches caches,
    RelationIndexes relationIndexes, Reflector reflector, ObjectFaults faults, ResourceRegistry registry, SiloPlaces places, ControllerOptions options, TimeProvider time,
    ILogger<ControllerGrain> logger) : LoopingGrain, IControllerGrain
{
    // The newest revision written of each resource. One number serves all objects, so that none is kept per object.
    private readonly Dictionary<ResourceName, long> _written = [];

    // Keys with writes whose outcome is unknown.
    private readonly HashSet<ObjectKey> _uncertain = [];

    // Keys whose last plan succeeded and left more to do. Their creations need not begin slowly again.
    private readonly HashSet<ObjectKey> _continued = [];

    // The caches that are followed, and what ends that.
    private readonly Dictionary<ResourceName, (WatchCache Cache, CancellationTokenSource End)> _followed = [];

    // What the looks so far found out, for reconcilers that decide by part.
    private readonly PartialLooks _looks = new();

    // When each key was reconciled last, for reconcilers with a pace.
    private readonly Dictionary<ObjectKey, long> _reconciled = [];
    private readonly long _began = time.GetTimestamp();
    private IReconciler _reconciler = null!;
    private ControllerIdentity _identity = null!;
    private uint _number;
    private CacheView _view = null!;
    private WatchCache _primaries = null!;
    private WorkerPool<ObjectKey> _workers = null!;
    private ControllerMemory? _memory;
    private ObjectKey? _resyncedUpTo;

    /// <inheritdoc/>
    public override async Task<string?> CheckAsync()
    {
        // The set of silos changed. The next call activates the shard on its proper silo.
        if (time.GetElapsedTime(_began) > options.ShardStayMin && !_workers.IsBusy && places.IsMisplaced(this.GetPrimaryKeyString()))
            DeactivateOnIdle();
        return await base.CheckAsync();
    }

    private IEnumerable<ResourceName> AlwaysFollowed =>
        _reconciler.Relations.Where(relation => !relation.IsWatchedOnDemand).SelectMany(relation => relation.Watched).Prepend(_reconciler.Primary);

    protected override IEnumerable<Task> StartLoops()
    {
        var (name, number) = ShardPlacement.Parse(this.GetPrimaryKeyString());
        _number = number;
        _reconciler = reconcilers.First(reconciler => reconciler.Name == name);
        _identity = ControllerIdentity.Of(_reconciler);
        _view = new CacheView(caches, registry, relationIndexes, _reconciler.Primary);
        _primaries = caches[registry[_reconciler.Primary]];
        _workers = new WorkerPool<ObjectKey>(name, key => key.Namespace, options, time, logger);
        if (_reconciler.HasMemory)
            _memory = new ControllerMemory(GrainFactory.GetGrain<IControllerMemoryGrain>(this.GetPrimaryKeyString()));
        LogStarted(name, number);
        foreach (var resource in AlwaysFollowed)
            Follow(resource);
        return
        [
            _workers.RunAsync(ReconcileAsync, SetAside, Stopping),
            SupervisedLoop.RunAsync($"resync of {name}", ResyncAsync, time, logger, Stopping),
        ];
    }

    /// <summary>Begins to follow a resource, unless that has been done.</summary>
    private void Follow(ResourceName resource)
    {
        if (_followed.ContainsKey(resource))
            return;
        var (cache, end) = (caches[registry[resource]], CancellationTokenSource.CreateLinkedTokenSource(Stopping));
        _followed.Add(resource, (cache, end));
        AddLoop(reflector.FollowAsync(cache, QueueAll, events => NoteAsync(resource, events), end.Token), end.Token);
    }

    /// <summary>Follows what a primary depends on and no other one has so far.</summary>
    private void FollowFor(ObjectKey key)
    {
        foreach (var resource in _primaries.Find(key) is { } primary ? WatchedFor(primary) : [])
            Follow(resource);
    }

    private IEnumerable<ResourceName> WatchedFor(StoredObject primary) =>
        _reconciler.Relations.Where(relation => relation.IsWatchedOnDemand).SelectMany(relation => relation.WatchedFor(primary.SharedModel()));

    /// <summary>Ends to follow what no primary depends on any more.</summary>
    private void Unfollow()
    {
        if (!_reconciler.Relations.Any(relation => relation.IsWatchedOnDemand))
            return;
        var needed = AlwaysFollowed.ToHashSet();
        foreach (var key in _primaries.KeysAfter(null, int.MaxValue).Where(IsOwn))
        {
            if (_primaries.Find(key) is { } primary)
                faults.Try(_reconciler.Name, primary, readable => needed.UnionWith(WatchedFor(readable)));
        }

        foreach (var resource in _followed.Keys.Except(needed).ToList())
        {
            _followed.Remove(resource, out var followed);
            followed.End.Cancel();
            followed.End.Dispose();
        }
    }

    /// <summary>Queues the primaries that the events concern.</summary>
    private async Task NoteAsync(ResourceName resource, IReadOnlyList<WatchEvent> events)
    {
        if (resource == _reconciler.Primary)
        {
            foreach (var @event in events)
            {
                if (@event.Object is not { } obj || !IsOwn(obj.Key))
                    continue;

                // Which parts a change concerns was judged by the spec of that moment.
                if (@event.Previous is not { } before || !before.SpecJson.SequenceEqual(obj.SpecJson))
                    _looks.Forget(obj.Key);
                if (@event.Type == WatchEventType.Deleted || IsWorthALook(obj))
                    _workers.Add(obj.Key);
            }
        }

        // Without primaries only those that are gone can be concerned. One that comes is queued as it is seen, and observes what is there by then.
        var hasPrimaries = _primaries.Count > 0;
        for (var i = 0; i < _reconciler.Relations.Count; i++)
        {
            var relation = _reconciler.Relations[i];
            if ((hasPrimaries || relation.OutlivesPrimary) && relation.Watched.Contains(resource))
                await NoteAsync(i, events);
        }
    }

    private async Task NoteAsync(int relation, IReadOnlyList<WatchEvent> events)
    {
        var concerned = new ConcernedPrimaries();
        var parts = _reconciler.DecidesByPart ? new ConcernedParts() : null;
        foreach (var @event in events)
        {
            if (@event.Object is { } changed)
                faults.Try(_reconciler.Name, changed, _ => FindPrimaries(_reconciler.Relations[relation], ChangeOf(@event), concerned, parts));
        }

        foreach (var key in concerned.Keys)
            AddConcerned(key, parts?.Of(key));
        if (concerned.Selecting.Count == 0)
            return;
        foreach (var key in await indexes.FindSelectingAsync(_reconciler.Name, relation, concerned.Selecting, _primaries.Revision))
            AddConcerned(key, parts?.OfSelecting);
    }

    private void FindPrimaries(Relation relation, ObjectChange change, ConcernedPrimaries concerned, ConcernedParts? parts)
    {
        if (parts is null)
        {
            relation.FindPrimaries(change, _view, concerned);
            return;
        }

        var byThis = new ConcernedPrimaries();
        relation.FindPrimaries(change, _view, byThis);
        concerned.AddAll(byThis);
        parts.Add(byThis, relation.PartsOf(change));
    }

    /// <summary>Queues a primary that a change of another object concerns. One that is gone may have left something to do.</summary>
    /// <param name="key">The primary's key.</param>
    /// <param name="parts">The parts of it that have changed; null for all.</param>
    private void AddConcerned(ObjectKey key, IReadOnlySet<string>? parts)
    {
        if (!IsOwn(key))
            return;
        if (parts is null)
            _looks.Forget(key);
        else
            _looks.Note(key, parts);
        if (_primaries.Find(key) is not { } primary || IsWorthALook(primary))
            _workers.AddBatched(key);
    }

    private static ObjectChange ChangeOf(in WatchEvent @event) => @event.Type == WatchEventType.Deleted
        ? new ObjectChange(null, @event.Previous ?? @event.Object)
        : new ObjectChange(@event.Object, @event.Previous);

    private bool IsOwn(ObjectKey key) =>
        ShardPlacement.StableHash(key.Name, ShardPlacement.StableHash(key.Namespace)) % (uint)options.ShardsPerController == _number;

    /// <summary>Queues all primary objects, and keys of deleted ones to which other objects still relate.</summary>
    private void QueueAll()
    {
        // Changes may have passed unseen.
        _looks.Clear();
        QueuePrimaries(_primaries.KeysAfter(null, int.MaxValue));
        QueueGone();
    }

    private void QueuePrimaries(IEnumerable<ObjectKey> keys)
    {
        foreach (var key in keys)
        {
            if (IsOwn(key) && _primaries.Find(key) is { } obj && IsWorthALook(obj))
                _workers.Add(key);
        }
    }

    /// <summary>Whether a reconcile may have something to do. An unreadable object counts, because its reconcile reports the fault.</summary>
    private bool IsWorthALook(StoredObject obj)
    {
        try
        {
            return _reconciler.IsWorthALook(obj);
        }
        catch (Exception)
        {
            return true;
        }
    }

    /// <summary>Queues the next slice of all objects, so that each is queued once per resync period.</summary>
    private Task<TimeSpan?> ResyncAsync(CancellationToken cancellationToken)
    {
        var share = Math.Min(1, options.ResyncSlicePeriod / options.ResyncPeriod);
        var count = Math.Max(1, (int)Math.Ceiling(_primaries.Count * share));
        var keys = _primaries.KeysAfter(_resyncedUpTo, count);
        foreach (var key in keys)
            _looks.Forget(key);
        QueuePrimaries(keys);
        _resyncedUpTo = keys.Count == count ? keys[^1] : null;
        if (_resyncedUpTo is null)
        {
            QueueGone();
            Unfollow();
        }

        return Task.FromResult<TimeSpan?>(options.ResyncSlicePeriod);
    }

    /// <summary>Queues deleted primaries to which other objects still relate.</summary>
    private void QueueGone()
    {
        var concerned = new ConcernedPrimaries();
        foreach (var relation in _reconciler.Relations.Where(relation => relation.OutlivesPrimary))
        {
            foreach (var obj in relation.Watched.SelectMany(resource => caches[registry[resource]].Select(ObjectFilter.All).Objects))
                faults.Try(_reconciler.Name, obj, left => relation.FindPrimaries(new ObjectChange(left, null), _view, concerned));
        }

        foreach (var key in concerned.Keys.Concat(_memory?.Keys ?? []).Where(key => IsOwn(key) && _primaries.Find(key) is null))
            _workers.Add(key);
    }

    private async Task<WorkOutcome> ReconcileAsync(ObjectKey key)
    {
        if (TimeToNext(key) is { } wait)
            return new WorkOutcome(true, wait);

        FollowFor(key);

        // An earlier activation, perhaps on a dead silo, or a failed write may have left a state that only the store knows.
        var isUncertain = time.GetElapsedTime(_began) < options.LatestAfterMove || _uncertain.Contains(key);
        foreach (var (cache, _) in _followed.Values.ToList())
        {
            var freshness = isUncertain ? Freshness.Latest : Freshness.AtLeast(_written.GetValueOrDefault(cache.Definition.Name));
            await cache.EnsureFreshAsync(freshness, CancellationToken.None);
        }

        var memory = _memory is null ? "" : await _memory.FindAsync(key);
        // What events have not told yet, a look that needs the newest state must see as well.
        if (isUncertain)
            _looks.Forget(key);
        PriorLook? prior = null;
        var look = _reconciler.DecidesByPart ? _looks.Begin(key, out prior) : null;
        var observation = await reader.ReadAsync(_reconciler, key, memory, prior, CancellationToken.None);
        var plan = _reconciler.Reconcile(observation);
        if (plan.NeedsAllParts)
        {
            observation = await reader.ReadAsync(_reconciler, key, memory, null, CancellationToken.None);
            plan = _reconciler.Reconcile(observation);
        }

        if (plan.Actions.Any(action => action.NeedsNewestPrimary) && !await reader.IsPrimaryNewestAsync(_reconciler, observation, CancellationToken.None))
            return new WorkOutcome(true, TimeSpan.Zero);

        if (_memory is not null && plan.Memory is { } remembered && remembered != memory)
            await _memory.SaveAsync(key, remembered);

        // Removed again when all writes are known to have succeeded.
        _uncertain.Add(key);
        var startsSlowly = !_continued.Remove(key);
        var outcome = await applier.ApplyAsync(_identity, new ObjectReference(registry[_reconciler.Primary], key), plan, startsSlowly);
        foreach (var (resource, revision) in outcome.Written)
            _written[resource] = Math.Max(_written.GetValueOrDefault(resource), revision);
        if (outcome.Succeeded && outcome.IsKnown)
            _uncertain.Remove(key);
        if (look is not null)
            _looks.End(key, look, plan.Summary);
        // What a namespace that is being deleted refuses is not asked for again at once.
        var requeueAfter = outcome.Refused.Count == 0 ? plan.RequeueAfter : null;
        if (requeueAfter == TimeSpan.Zero)
            _continued.Add(key);
        return new WorkOutcome(outcome.Succeeded, requeueAfter, RestAfter(observation));
    }

    /// <summary>How long changes of related objects are gathered after a look at one primary: in proportion to what that look cost.</summary>
    private TimeSpan RestAfter(Observation observation)
    {
        var rest = options.BatchTimePerObject * observation.Count;
        return rest < _reconciler.BatchPeriod ? rest : _reconciler.BatchPeriod;
    }

    /// <summary>How long a key has to wait because it was reconciled a moment ago; null if it need not.</summary>
    private TimeSpan? TimeToNext(ObjectKey key)
    {
        if (_reconciler.Pace <= TimeSpan.Zero)
            return null;
        if (_reconciled.TryGetValue(key, out var last) && _primaries.Find(key) is not null && _reconciler.Pace - time.GetElapsedTime(last) is var rest && rest > TimeSpan.Zero)
            return rest;
        if (_primaries.Find(key) is null)
            _reconciled.Remove(key);
        else
            _reconciled[key] = time.GetTimestamp();
        return null;
    }

    private void SetAside(ObjectKey key, Exception fault) =>
        faults.Report(_reconciler.Name, _reconciler.Primary, key, _primaries.Find(key), fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Shard {Number} of the {Controller} runs on this silo now")]
    private partial void LogStarted(string controller, uint number);
}
