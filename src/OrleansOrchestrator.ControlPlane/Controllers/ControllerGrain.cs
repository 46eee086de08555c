using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <inheritdoc cref="IControllerGrain"/>
/// <remarks>
/// It follows the caches of its own silo, finds whose object a change belongs to, and dispatches keys to reconciler grains,
/// bounded and without duplicates. It remembers nothing that its activation does not find again: every object is queued when
/// it starts, and a slow resync repairs whatever a lost signal left behind. Two activations at once are harmless, since every
/// write has a precondition.
/// </remarks>
[Reentrant]
[KeepAlive]
[PreferLocalPlacement]
internal sealed partial class ControllerGrain(
    IEnumerable<IReconciler> reconcilers, WatchCaches caches, CacheFollower follower, ObjectFaults faults, ResourceRegistry registry,
    ControllerOptions options, TimeProvider time, ILogger<ControllerGrain> logger) : LoopingGrain, IControllerGrain
{
    private WorkLoop<ObjectKey> _loop = null!;
    private IReconciler _reconciler = null!;
    private DependentKeys _dependents = null!;
    private GrainReferences<IReconcilerGrain> _grains = null!;
    private WatchCache _primaries = null!;
    private IReadOnlyList<WatchCache> _observed = null!;

    protected override IEnumerable<Task> StartLoops()
    {
        _reconciler = reconcilers.First(reconciler => reconciler.Name == this.GetPrimaryKeyString());
        _loop = new WorkLoop<ObjectKey>(_reconciler.Name, key => key.Namespace, options, time, logger);
        _primaries = caches[registry[_reconciler.Primary]];
        _observed = [_primaries, .. _reconciler.Dependencies.Select(dependency => caches[registry[dependency.Resource]])];
        _dependents = new DependentKeys(_reconciler, _primaries, GrainFactory, faults);
        _grains = new GrainReferences<IReconcilerGrain>(GrainFactory);
        this.RegisterGrainTimer(ResyncAsync, options.ResyncPeriod, options.ResyncPeriod);
        LogStarted(_reconciler.Name);
        return
        [
            follower.FollowAsync(_primaries, QueueAll, NotePrimaries, Stopping),
            .. _reconciler.Dependencies.Where(dependency => dependency is not (NamespaceContents or DefinedObjects)).Select(FollowAsync),
            _loop.RunAsync(ReconcileAsync, SetAside, Stopping),
        ];
    }

    private Task NotePrimaries(IReadOnlyList<WatchEvent> events)
    {
        foreach (var @event in events)
        {
            if (@event.Object is { } obj)
                _loop.Add(obj.Key);
        }

        return Task.CompletedTask;
    }

    private Task FollowAsync(Dependency dependency) => follower.FollowAsync(
        caches[registry[dependency.Resource]],
        QueueAll,
        async events =>
        {
            foreach (var key in await _dependents.FindPrimariesAsync(dependency, events))
                _loop.Add(key);
        },
        Stopping);

    private Task<ReconcileOutcome> ReconcileAsync(ObjectKey key) =>
        _grains[$"{_reconciler.Name}/{key}"].ReconcileAsync([.. _observed.Select(cache => cache.Revision)]);

    private void SetAside(ObjectKey key, Exception fault) =>
        faults.Report(_reconciler.Name, _reconciler.Primary, key, _primaries.Find(key), fault);

    private Task ResyncAsync(CancellationToken cancellationToken)
    {
        QueueAll();
        return Task.CompletedTask;
    }

    /// <summary>Queues every primary object, and those that are gone but have left something under their name.</summary>
    private void QueueAll()
    {
        IEnumerable<WatchCache> named = _reconciler.Dependencies.OfType<SameName>().Select(dependency => caches[registry[dependency.Resource]]);
        foreach (var cache in named.Prepend(_primaries))
        {
            foreach (var obj in cache.Select(ObjectFilter.All).Objects)
                _loop.Add(obj.Key);
        }

        foreach (var referring in _reconciler.Dependencies.OfType<ReferringObjects>())
        {
            foreach (var obj in caches[registry[referring.Resource]].Select(ObjectFilter.All).Objects)
            {
                if (referring.PrimaryOf(obj.Peek()) is { } primary)
                    _loop.Add(primary);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Controller} runs here now")]
    private partial void LogStarted(string controller);
}
