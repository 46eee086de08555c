using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.GarbageCollection;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <summary>Who owns whom, across all resources: answered from the caches' owner index.</summary>
internal sealed class OwnershipGraph(WatchCaches caches, ResourceRegistry registry)
{
    /// <summary>All objects with a reference to an owner, as far as the caches have them.</summary>
    public List<CollectedObject> DependentsOf(string uid)
    {
        var dependents = new List<CollectedObject>();
        foreach (var definition in registry.Stored)
        {
            // Nearly every object that goes has no dependents of any kind.
            var owned = caches[definition].OwnedBy(uid);
            for (var i = 0; i < owned.Count; i++)
                dependents.Add(new CollectedObject(definition.Name, owned[i].Peek()));
        }

        return dependents;
    }

    /// <summary>The same, as a read of the newest state shows it.</summary>
    public async Task<List<CollectedObject>> NewestDependentsOfAsync(string uid, CancellationToken cancellationToken)
    {
        foreach (var definition in registry.Stored)
            await caches[definition].EnsureFreshAsync(Freshness.Latest, cancellationToken);
        return DependentsOf(uid);
    }

    /// <summary>How the owner that a reference names stands. That it is absent is said only of the newest state.</summary>
    public async Task<OwnerState> StateOfAsync(V1OwnerReference reference, string dependentNamespace, CancellationToken cancellationToken)
    {
        if (registry.FindKind(reference.ApiVersion, reference.Kind) is not { IsStored: true } definition)
            return OwnerState.Present;
        if (definition.Namespaced && dependentNamespace.Length == 0)
            return OwnerState.Absent;

        var cache = caches[definition];
        var key = new ObjectKey(definition.Namespaced ? dependentNamespace : "", reference.Name);
        var owner = cache.Find(key);
        if (owner?.Uid != reference.Uid)
        {
            await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
            owner = cache.Find(key);
        }

        if (owner?.Uid != reference.Uid)
            return OwnerState.Absent;
        return IsWaiting(owner) ? OwnerState.WaitingForDependents : OwnerState.Present;
    }

    /// <summary>Whether a deleted object waits for the collector to deal with its dependents.</summary>
    public static bool IsOwnerToDecide(StoredObject obj) => obj is { IsDeleting: true, HasFinalizers: true }
        && (obj.Peek().Metadata.Finalizers.Contains(PropagationFinalizers.Orphan) || IsWaiting(obj));

    private static bool IsWaiting(StoredObject obj) => obj is { IsDeleting: true, HasFinalizers: true }
        && obj.Peek().Metadata.Finalizers.Contains(PropagationFinalizers.Foreground);
}
