using k8s.Models;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.Controllers.GarbageCollection;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <inheritdoc cref="IGarbageCollectorGrain"/>
[Reentrant]
[KeepAlive]
[PreferLocalPlacement]
internal sealed class GarbageCollectorGrain(
    OwnershipGraph graph, Reflector follower, PlanApplier applier, ObjectFaults faults, WatchCaches caches, ResourceRegistry registry,
    ControllerOptions options, TimeProvider time, ILogger<GarbageCollectorGrain> logger) : LoopingGrain, IGarbageCollectorGrain
{
    private const string Component = "garbage-collector-controller";

    private static readonly ControllerIdentity Identity = ControllerIdentity.Of(Component, ControllerUsers.ServiceAccount("generic-garbage-collector"));

    private readonly HashSet<ResourceName> _begun = [];
    private readonly Dictionary<ResourceDefinition, (CancellationTokenSource Ending, Task Following)> _followed = [];

    // Objects whose owners could not be resolved. A new kind may change that.
    private readonly HashSet<(ResourceName Resource, ObjectKey Key)> _unresolved = [];

    // Owners with foreground deletion, by uid. Each change of a dependent may complete it.
    private readonly Dictionary<string, (ResourceName Resource, ObjectKey Key)> _waiting = new(StringComparer.Ordinal);
    private WorkerPool<(ResourceName Resource, ObjectKey Key)> _loop = null!;

    protected override IEnumerable<Task> StartLoops()
    {
        _loop = new WorkerPool<(ResourceName Resource, ObjectKey Key)>(Component, item => item.Key.Namespace, options, time, logger);
        return [FollowAllAsync(), _loop.RunAsync(CollectAsync, SetAside, Stopping)];
    }

    /// <summary>Follows all resources, including custom ones that come and go.</summary>
    private async Task FollowAllAsync()
    {
        await SupervisedLoop.RunAsync("garbage collector's followers", FollowCatalogAsync, time, logger, Stopping);
        await Task.WhenAll(_followed.Values.Select(EndAsync));
    }

    private async Task<TimeSpan?> FollowCatalogAsync(CancellationToken cancellationToken)
    {
        var catalog = registry.Catalog;
        foreach (var gone in _followed.Keys.Except(catalog.Stored).ToList())
        {
            _followed.Remove(gone, out var follow);
            await EndAsync(follow);
        }

        foreach (var item in _unresolved)
            _loop.Add(item);
        _unresolved.Clear();
        foreach (var definition in catalog.Stored.Where(definition => !_followed.ContainsKey(definition)))
        {
            var ending = new CancellationTokenSource();
            _followed[definition] = (ending, follower.FollowAsync(caches[definition], () => Begin(definition), Note, ending.Token));
        }

        await registry.WaitForChangeAsync(catalog, cancellationToken);
        return TimeSpan.Zero;
    }

    private static async Task EndAsync((CancellationTokenSource Ending, Task Following) follow)
    {
        await follow.Ending.CancelAsync();
        await follow.Following;
        follow.Ending.Dispose();
    }

    /// <summary>Queues all objects with owners after a gap in a resource's events: the gap may hide the deletion of an owner.</summary>
    private void Begin(ResourceDefinition definition)
    {
        if (_begun.Add(definition.Name))
            return;
        foreach (var owner in _waiting.Values)
            _loop.Add(owner);
        foreach (var obj in registry.Stored.SelectMany(kind => caches[kind].Select(ObjectFilter.All).Objects))
        {
            if (obj.OwnerUids.Count > 0)
                _loop.Add((obj.Definition.Name, obj.Key));
        }
    }

    /// <summary>Queues the objects that an event may concern.</summary>
    private Task Note(IReadOnlyList<WatchEvent> events)
    {
        foreach (var @event in events)
        {
            if (@event.Object is { } changed)
                faults.Try(Component, changed, obj => Note(@event, obj));
        }

        return Task.CompletedTask;
    }

    private void Note(WatchEvent @event, StoredObject obj)
    {
        NoteDependent(obj);
        if (@event.Previous is { } previous)
            NoteDependent(previous);
        if (@event.Type == WatchEventType.Deleted)
            NoteGone(obj);
        else if (OwnershipGraph.IsOwnerToDecide(obj) || HasNewOwners(obj, @event.Previous))
            _loop.Add((obj.Definition.Name, obj.Key));
    }

    /// <summary>Queues the waiting owners of an object that changed or is gone.</summary>
    private void NoteDependent(StoredObject obj)
    {
        if (_waiting.Count == 0)
            return;
        foreach (var uid in obj.OwnerUids)
        {
            if (_waiting.TryGetValue(uid, out var owner))
                _loop.Add(owner);
        }
    }

    private void NoteGone(StoredObject obj)
    {
        _waiting.Remove(obj.Uid);
        _unresolved.Remove((obj.Definition.Name, obj.Key));
        foreach (var dependent in graph.DependentsOf(obj.Uid))
            _loop.Add((dependent.Resource, KeyOf(dependent.Object)));
    }

    private static bool HasNewOwners(StoredObject obj, StoredObject? previous) =>
        obj.OwnerUids.Count > 0 && (previous is null || !previous.OwnerUids.SequenceEqual(obj.OwnerUids, StringComparer.Ordinal));

    private async Task<WorkOutcome> CollectAsync((ResourceName Resource, ObjectKey Key) item)
    {
        if (registry.Find(item.Resource) is not { } definition || caches[definition].Find(item.Key) is not { } obj)
            return new WorkOutcome(true, null);
        var plan = await DecideAsync(obj);
        var outcome = await applier.ApplyAsync(Identity, new ObjectReference(definition, item.Key), plan);
        return new WorkOutcome(outcome.Succeeded, plan.RequeueAfter);
    }

    private void SetAside((ResourceName Resource, ObjectKey Key) item, Exception fault)
    {
        var obj = registry.Find(item.Resource) is { } definition ? caches[definition].Find(item.Key) : null;
        faults.Report(Component, item.Resource, item.Key, obj, fault);
    }

    private async Task<Plan> DecideAsync(StoredObject obj)
    {
        var subject = new CollectedObject(obj.Definition.Name, obj.SharedModel());
        if (OwnershipGraph.IsOwnerToDecide(obj))
        {
            _waiting[obj.Uid] = (obj.Definition.Name, obj.Key);
            var dependents = await graph.NewestDependentsOfAsync(obj.Uid, Stopping);
            foreach (var dependent in dependents)
                _loop.Add((dependent.Resource, KeyOf(dependent.Object)));
            return GarbageCollector.DecideOwner(subject, dependents);
        }

        var states = new Dictionary<V1OwnerReference, OwnerState>(ReferenceEqualityComparer.Instance);
        foreach (var reference in subject.Object.Metadata.OwnerReferences ?? [])
            states[reference] = await graph.StateOfAsync(reference, obj.Key.Namespace, Stopping);
        if (states.ContainsValue(OwnerState.Unresolvable))
            _unresolved.Add((obj.Definition.Name, obj.Key));
        return GarbageCollector.DecideDependent(subject, reference => states[reference], () => graph.DependentsOf(obj.Uid));
    }

    private static ObjectKey KeyOf(KubeObject obj) => new(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);
}
