using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>One try of a write.</summary>
/// <param name="Version">The version of the object that it begins with; null if there is none.</param>
/// <param name="Memory">What admission has said in the tries before.</param>
/// <param name="Number">How many tries there were before.</param>
internal readonly record struct WriteTry(StoredObject? Version, AdmissionMemory Memory, int Number);

/// <summary>
/// Tries writes on the version of an object that this silo knows, which is the newest one unless it was written a moment ago, and on the
/// newest accepted one each time that somebody else was faster. Of those who race one always wins, so that it ends, at the latest with
/// the request's own time. Whatever the version, only the newest one can be replaced. A refusal shows what it rests on, and that may
/// still be taken back: it is worked out again on a version that is durable (invariant I1).
/// </summary>
/// <remarks>
/// A try is the whole pipeline, from what was sent: patching, defaults, ownership, admission and validation see the version that the
/// write will replace. Not made again is what has effects beyond the request. Plugins with side effects answer once
/// (<see cref="AdmissionMemory"/>). Addresses and ports count only when the commit claims them, so that those of a try that lost are
/// nobody's. Events are recorded by whoever wrote, after the commit. What is created through a subresource, as a binding or an eviction,
/// does not depend on a version: it is admitted once, before the first try.
/// </remarks>
internal sealed class OptimisticWrites(StoreClient store, WatchCaches caches)
{
    /// <summary>Tries a write until it is done or refused.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="key">The object.</param>
    /// <param name="options">A dry run replaces nothing, and begins with the newest version.</param>
    /// <param name="attempt">Makes one try; its result is null if somebody else was faster.</param>
    /// <param name="cancellationToken">Ends it.</param>
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
