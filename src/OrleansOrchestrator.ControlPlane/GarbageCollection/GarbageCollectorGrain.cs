using k8s.Models;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Hosting;
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
    ControllerOptions options, TimeProvider time, ILogger<GarbageCollectorGrain> logger) : LoopingGrain, IGarbageCollectorGrain
{
    private const string Component = "garbage-collector-controller";

    private readonly WorkLoop<(ResourceName Resource, ObjectKey Key)> _loop = new(options, time);
    private readonly HashSet<ResourceName> _followed = [];

    protected override IEnumerable<Task> StartLoops() => [FollowAllAsync(), _loop.RunAsync(CollectAsync, Stopping)];

    /// <summary>Follows all resources there are, as custom ones come and go.</summary>
    private async Task FollowAllAsync()
    {
        var followed = new Dictionary<ResourceDefinition, (CancellationTokenSource Ending, Task Following)>();
        while (!Stopping.IsCancellationRequested)
        {
            var catalog = registry.Catalog;
            foreach (var gone in followed.Keys.Except(catalog.Stored).ToList())
            {
                followed.Remove(gone, out var follow);
                await EndAsync(follow);
            }

            foreach (var definition in catalog.Stored.Where(definition => !followed.ContainsKey(definition)))
            {
                var ending = new CancellationTokenSource();
                followed[definition] = (ending, follower.FollowAsync(caches[definition], () => Begin(definition), Note, ending.Token));
            }

            await registry.WaitForChangeAsync(catalog, Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        await Task.WhenAll(followed.Values.Select(EndAsync));
    }

    private static async Task EndAsync((CancellationTokenSource Ending, Task Following) follow)
    {
        await follow.Ending.CancelAsync();
        await follow.Following;
        follow.Ending.Dispose();
    }

    /// <summary>After a gap in a resource's events, queues all objects that have owners: some of these may be gone unnoticed.</summary>
    private void Begin(ResourceDefinition definition)
    {
        if (_followed.Add(definition.Name))
            return;
        foreach (var obj in registry.Stored.SelectMany(kind => caches[kind].Select(ObjectFilter.All).Objects))
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
        if (registry.Find(item.Resource) is not { } definition || caches[definition].Find(item.Key) is not { } obj)
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
            var dependents = await graph.NewestDependentsOfAsync(obj.Uid, Stopping);
            foreach (var dependent in dependents)
                _loop.Add((dependent.Resource, KeyOf(dependent.Object)));
            return GarbageCollector.DecideOwner(subject, dependents);
        }

        var states = new Dictionary<V1OwnerReference, OwnerState>(ReferenceEqualityComparer.Instance);
        foreach (var reference in subject.Object.Metadata.OwnerReferences ?? [])
            states[reference] = await graph.StateOfAsync(reference, obj.Key.Namespace, Stopping);
        return GarbageCollector.DecideDependent(subject, reference => states[reference], () => graph.DependentsOf(obj.Uid));
    }

    private static ObjectKey KeyOf(KubeObject obj) => new(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The garbage collector could not deal with {Resource} {Key}; trying again")]
    private partial void LogCollectFailed(Exception exception, ResourceName resource, ObjectKey key);
}
