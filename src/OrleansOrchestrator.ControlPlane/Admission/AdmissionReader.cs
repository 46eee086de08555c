using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// The objects by which admission judges others. A plugin reads no cache by itself: one that is still being filled, or has lost its store,
/// shows too little or too much.
/// </summary>
/// <remarks>
/// A cache that has everything that anybody has been told (<see cref="WatchCache.IsCurrent"/>) is read without a call. That an object is not
/// there, or is going, is concluded from the newest state only: the sender may have just created it.
/// </remarks>
internal sealed class AdmissionReader(WatchCaches caches, ResourceRegistry registry)
{
    /// <summary>An object by its key; null if it does not exist.</summary>
    /// <exception cref="Model.Errors.ApiException">The newest state is needed and cannot be read.</exception>
    public async ValueTask<StoredObject?> FindAsync(ResourceName resource, ObjectKey key, CancellationToken cancellationToken)
    {
        var cache = caches[registry[resource]];
        // Asked before the object is read: what is current may have changed by then.
        var isCurrent = cache.IsCurrent;
        if (cache.Find(key) is { IsDeleting: false } found && isCurrent)
            return found;
        await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        return cache.Find(key);
    }

    /// <summary>All objects of a kind.</summary>
    /// <exception cref="Model.Errors.ApiException">The newest state is needed and cannot be read.</exception>
    public async ValueTask<IReadOnlyList<StoredObject>> AllAsync(ResourceName resource, CancellationToken cancellationToken)
    {
        var cache = caches[registry[resource]];
        await cache.EnsureCurrentAsync(cancellationToken);
        return cache.Select(ObjectFilter.All).Objects;
    }
}
