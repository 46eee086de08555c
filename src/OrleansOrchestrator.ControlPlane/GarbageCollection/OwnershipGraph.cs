using k8s.Models;
using OrleansOrchestrator.Controllers.GarbageCollection;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <summary>The ownership of objects across all resources, from the caches' owner index.</summary>
internal sealed class OwnershipGraph(WatchCaches caches, ResourceRegistry registry)
{
    // Absent owners to remember. Beyond that all are forgotten, which costs another read of each.
    private const int AbsentMax = 4096;

    // A uid is never used again: an owner that a read of the newest state did not find stays absent.
    private readonly HashSet<(ResourceName Resource, string Uid)> _absent = [];
    private readonly Lock _lock = new();

    /// <summary>All objects with a reference to an owner, in the caches' present state.</summary>
    public List<CollectedObject> DependentsOf(string uid)
    {
        var dependents = new List<CollectedObject>();
        foreach (var definition in registry.Stored)
        {
            // Nearly all deleted objects have no dependents.
            var owned = caches[definition].OwnedBy(uid);
            for (var i = 0; i < owned.Count; i++)
                dependents.Add(new CollectedObject(definition.Name, owned[i].SharedModel()));
        }

        return dependents;
    }

    /// <summary>The same in the newest state.</summary>
    public async Task<List<CollectedObject>> NewestDependentsOfAsync(string uid, CancellationToken cancellationToken)
    {
        foreach (var definition in registry.Stored)
            await caches[definition].EnsureFreshAsync(Freshness.Latest, cancellationToken);
        return DependentsOf(uid);
    }

    /// <summary>The state of the owner that a reference names. Only the newest state can say that it is absent.</summary>
    public async Task<OwnerState> StateOfAsync(V1OwnerReference reference, string dependentNamespace, CancellationToken cancellationToken)
    {
        if (registry.FindKind(reference.ApiVersion, reference.Kind) is not { IsStored: true } definition)
            return OwnerState.Unresolvable;
        if (definition.Namespaced && dependentNamespace.Length == 0)
            return OwnerState.OutsideNamespace;

        var cache = caches[definition];
        var key = new ObjectKey(definition.Namespaced ? dependentNamespace : "", reference.Name);
        var owner = cache.Find(key);
        if (owner?.Uid != reference.Uid)
        {
            if (IsKnownAbsent(definition.Name, reference.Uid))
                return OwnerState.Absent;
            await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
            owner = cache.Find(key);
        }

        // A reference with a wrong name or namespace does not make a living owner absent.
        if (owner?.Uid != reference.Uid)
            owner = cache.Select(ObjectFilter.All).Objects.Find(obj => obj.Uid == reference.Uid);
        if (owner is null)
        {
            NoteAbsent(definition.Name, reference.Uid);
            return OwnerState.Absent;
        }

        if (owner.Key.Namespace != key.Namespace)
            return OwnerState.OutsideNamespace;
        return IsWaiting(owner) ? OwnerState.WaitingForDependents : OwnerState.Present;
    }

    /// <summary>Whether a deleted object waits for the collector to handle its dependents.</summary>
    public static bool IsOwnerToDecide(StoredObject obj) => obj is { IsDeleting: true, HasFinalizers: true }
        && (obj.SharedModel().Metadata.Finalizers.Contains(PropagationFinalizers.Orphan) || IsWaiting(obj));

    private static bool IsWaiting(StoredObject obj) => obj is { IsDeleting: true, HasFinalizers: true }
        && obj.SharedModel().Metadata.Finalizers.Contains(PropagationFinalizers.Foreground);

    private bool IsKnownAbsent(ResourceName resource, string uid)
    {
        lock (_lock)
            return _absent.Contains((resource, uid));
    }

    private void NoteAbsent(ResourceName resource, string uid)
    {
        lock (_lock)
        {
            if (_absent.Count >= AbsentMax)
                _absent.Clear();
            _absent.Add((resource, uid));
        }
    }
}
