using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Definitions;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Reads a reconciler's input from this silo's caches.</summary>
internal sealed class ObservationReader(
    WatchCaches caches, ResourceRegistry registry, RelationIndexes indexes, INewestKinds kinds, MetricReader metrics, TimeProvider time)
{
    /// <summary>Reads one primary, the objects of its relations, and the metrics for which these ask.</summary>
    public async Task<Observation> ReadAsync(IReconciler reconciler, ObjectKey key, string memory, CancellationToken cancellationToken)
    {
        var view = new CacheView(caches, registry, indexes, reconciler.Primary);
        var primary = view.Find(reconciler.Primary, key);
        foreach (var resource in reconciler.Relations.SelectMany(relation => relation.ReadAnew(primary, view)).Distinct().ToList())
            await ReadAnewAsync(resource, cancellationToken);
        var answers = await metrics.AskAsync(reconciler.Relations.SelectMany(relation => relation.Queries(primary, view)), cancellationToken);
        return Observation.Take(reconciler, key, primary, view, time.GetUtcNow(), answers, memory);
    }

    /// <summary>
    /// Whether nothing had happened to an observed primary when the rest was observed, and nothing has since. The caches of different
    /// resources do not keep step: what follows from a change of the primary may have been observed before that change.
    /// </summary>
    public async Task<bool> IsPrimaryNewestAsync(IReconciler reconciler, Observation observation, CancellationToken cancellationToken)
    {
        var primaries = caches[registry[reconciler.Primary]];
        await primaries.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        return primaries.Find(observation.PrimaryKey)?.SharedModel().Metadata.ResourceVersion == observation.Primary?.Metadata.ResourceVersion;
    }

    private async Task ReadAnewAsync(ResourceName resource, CancellationToken cancellationToken)
    {
        // A removed kind has no objects.
        if (await kinds.FindNewestAsync(resource, cancellationToken) is { } definition)
            await caches[definition].EnsureFreshAsync(Freshness.Latest, cancellationToken);
    }
}
