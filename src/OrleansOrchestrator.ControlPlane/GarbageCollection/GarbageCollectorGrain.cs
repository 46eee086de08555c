using k8s.Models;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.GarbageCollection;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <inheritdoc cref="IGarbageCollectorGrain"/>
[Reentrant]
[KeepAlive]
[PreferLocalPlacement]
internal sealed partial class GarbageCollectorGrain(
    OwnershipGraph graph, CacheFollower follower, PlanExecutor executor, WatchCaches caches, ResourceRegistry registry,
    ControllerOptions options, TimeProvider time, ILogger<GarbageCollectorGrain> logger) : Grain, IGarbageCollectorGrain
{
    private const string Component = "garbage-collector-controller";

    private readonly WorkLoop<(ResourceName Resource, ObjectKey Key)> _loop = new(options, time);
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<ResourceName> _followed = [];
    private Task[] _running = [];

    public Task EnsureRunningAsync() => Task.CompletedTask;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _running =
        [
            .. registry.All.Select(definition => follower.FollowAsync(caches[definition], () => Begin(definition), Note, _stopping.Token)),
            _loop.RunAsync(CollectAsync, _stopping.Token),
        ];
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
    }

    /// <summary>After a gap in a resource's events, queues all objects that have owners: some of these may be gone unnoticed.</summary>
    private void Begin(ResourceDefinition definition)
    {
        if (_followed.Add(definition.Name))
            return;
        foreach (var obj in registry.All.SelectMany(kind => caches[kind].Select(ObjectFilter.All).Objects))
        {
            if (obj.OwnerUids.Count > 0)
                _loop.Add((obj.Definition.Name, obj.Key));
        }
    }

    /// <summary>Queues everyone whom an event may concern.</summary>
    private Task Note(IReadOnlyList<WatchEvent> events)
    {
        foreach (var @event in events)
        {
            if (@event.Object is not { } obj)
                continue;
            if (@event.Type == WatchEventType.Deleted)
                NoteGone(obj);
            else if (OwnershipGraph.IsOwnerToDecide(obj) || HasNewOwners(obj, @event.Previous))
                _loop.Add((obj.Definition.Name, obj.Key));
        }

        return Task.CompletedTask;
    }

    private void NoteGone(StoredObject obj)
    {
        foreach (var dependent in graph.DependentsOf(obj.Uid))
            _loop.Add((dependent.Resource, KeyOf(dependent.Object)));
        if (obj.OwnerUids.Count == 0)
            return;

        // An owner may have waited for this one.
        foreach (var reference in obj.Peek().Metadata.OwnerReferences)
        {
            if (registry.FindKind(reference.ApiVersion, reference.Kind) is { } definition)
                _loop.Add((definition.Name, new ObjectKey(definition.Namespaced ? obj.Key.Namespace : "", reference.Name)));
        }
    }

    private static bool HasNewOwners(StoredObject obj, StoredObject? previous) =>
        obj.OwnerUids.Count > 0 && (previous is null || !previous.OwnerUids.SequenceEqual(obj.OwnerUids, StringComparer.Ordinal));

    private async Task<ReconcileOutcome> CollectAsync((ResourceName Resource, ObjectKey Key) item)
    {
        var definition = registry[item.Resource];
        if (caches[definition].Find(item.Key) is not { } obj)
            return new ReconcileOutcome(true, null);

        try
        {
            var plan = await DecideAsync(obj);
            var outcome = await executor.ApplyAsync(Component, new ObjectReference(definition, item.Key), plan);
            return new ReconcileOutcome(outcome.Succeeded, plan.RequeueAfter);
        }
        catch (Exception exception)
        {
            LogCollectFailed(exception, definition.Name, item.Key);
            return new ReconcileOutcome(false, null);
        }
    }

    private async Task<Plan> DecideAsync(StoredObject obj)
    {
        var subject = new CollectedObject(obj.Definition.Name, obj.Peek());
        if (OwnershipGraph.IsOwnerToDecide(obj))
        {
            var dependents = await graph.NewestDependentsOfAsync(obj.Uid, _stopping.Token);
            foreach (var dependent in dependents)
                _loop.Add((dependent.Resource, KeyOf(dependent.Object)));
            return GarbageCollector.DecideOwner(subject, dependents);
        }

        var states = new Dictionary<V1OwnerReference, OwnerState>(ReferenceEqualityComparer.Instance);
        foreach (var reference in subject.Object.Metadata.OwnerReferences ?? [])
            states[reference] = await graph.StateOfAsync(reference, obj.Key.Namespace, _stopping.Token);
        return GarbageCollector.DecideDependent(subject, reference => states[reference], () => graph.DependentsOf(obj.Uid));
    }

    private static ObjectKey KeyOf(KubeObject obj) => new(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The garbage collector could not deal with {Resource} {Key}; trying again")]
    private partial void LogCollectFailed(Exception exception, ResourceName resource, ObjectKey key);
}
