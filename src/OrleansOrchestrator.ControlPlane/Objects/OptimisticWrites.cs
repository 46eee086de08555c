using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>One attempt at a write.</summary>
/// <param name="Version">The version of the object to begin with; null if there is none.</param>
/// <param name="Memory">What admission decided in earlier attempts.</param>
/// <param name="Number">The number of earlier attempts.</param>
internal readonly record struct WriteTry(StoredObject? Version, AdmissionMemory Memory, int Number);

/// <summary>
/// Attempts a write first on the version that this silo knows, which is the newest unless the object was written a moment ago, and
/// after each conflict on the newest accepted version. Of several concurrent writers one always succeeds, so that the attempts end, at
/// the latest with the request's time-out. The store replaces only the newest version, whatever the attempt began with. A refusal
/// reveals the version that it is based on, which may still be rolled back: it is decided again on a durable version (invariant I1).
/// </summary>
/// <remarks>
/// An attempt runs the whole pipeline on the body that was sent: patching, defaults, ownership, admission and validation see the
/// version that the write will replace. Effects beyond the request are not repeated. Plugins with side effects answer once (<see
/// cref="AdmissionMemory"/>). Addresses and ports count only when the commit claims them, so that a lost attempt holds none. The writer
/// records events after the commit. Creations through a subresource, such as a binding or an eviction, do not depend on a version: they
/// are admitted once, before the first attempt.
/// </remarks>
internal sealed class OptimisticWrites(StoreClient store, WatchCaches caches)
{
    /// <summary>Repeats a write until it is committed or refused.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="key">The object.</param>
    /// <param name="options">Options. A dry run replaces nothing, and begins with the newest version.</param>
    /// <param name="attempt">Makes one attempt. Its result is null if another writer was faster.</param>
    /// <param name="cancellationToken">Cancels the attempts.</param>
    /// <returns>The result, not null.</returns>
    public async Task<T> RunAsync<T>(
        ResourceDefinition definition, ObjectKey key, WriteOptions options, Func<WriteTry, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var memory = new AdmissionMemory();
        var known = options.DryRun ? null : caches.TryGet(definition)?.Find(key);
        for (var number = 0; ; number++)
        {
            var version = known ?? await store.ReadForWriteAsync(definition, key, cancellationToken);
            known = null;
            try
            {
                if (await attempt(new WriteTry(version, memory, number)) is { } done)
                    return done;
            }
            catch (ApiException refusal) when (refusal.Code is 400 or 403 or 404 or 409 or 422)
            {
                var settled = await store.ReadSettledAsync(definition, key, cancellationToken);
                if (settled?.Revision == version?.Revision)
                    throw;
                if (await attempt(new WriteTry(settled, memory, ++number)) is { } done)
                    return done;
            }
        }
    }
}
