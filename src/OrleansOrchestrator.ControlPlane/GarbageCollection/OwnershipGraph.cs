using k8s.Models;
using OrleansOrchestrator.Controllers.GarbageCollection;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <summary>Who owns whom, across all resources: answered from the caches' owner index.</summary>
internal sealed class OwnershipGraph(WatchCaches caches, ResourceRegistry registry)
{
    private const int AbsentMax = 4096;

    // Uids are given once: what was nowhere in a read of the newest state will be nowhere ever after.
    private readonly HashSet<(ResourceName Resource, string Uid)> _absent = [];
    private readonly Lock _lock = new();

    /// <summary>All objects with a reference to an owner, as far as the caches have them.</summary>
    public List<CollectedObject> DependentsOf(string uid)
    {
        var dependents = new List<CollectedObject>();
        foreach (var definition in registry.Stored)
        {
            // Nearly every object that goes has no dependents of any kind.
            var owned = caches[definition].OwnedBy(uid);
            for (var i = 0; i < owned.Count; i++)
                dependents.Add(new CollectedObject(definition.Name, owned[i].SharedModel()));
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

        // A reference with a wrong name or in another namespace does not make an owner absent that lives.
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

    /// <summary>Whether a deleted object waits for the collector to deal with its dependents.</summary>
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
