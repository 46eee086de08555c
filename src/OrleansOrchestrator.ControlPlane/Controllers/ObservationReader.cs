using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
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
    /// <summary>
    /// Reads one primary, the objects of its relations, and the metrics for which these ask. All objects are observed at the end: what
    /// happens while something is read anew or a metric is asked for counts, and may ask for more.
    /// </summary>
    /// <param name="reconciler">The reconciler.</param>
    /// <param name="key">The primary's key.</param>
    /// <param name="memory">What its last plan wanted to be remembered.</param>
    /// <param name="prior">What an observation by part begins with; null to observe everything.</param>
    /// <param name="cancellationToken">Cancels the wait for fresh objects and metrics.</param>
    public async Task<Observation> ReadAsync(IReconciler reconciler, ObjectKey key, string memory, PriorLook? prior, CancellationToken cancellationToken)
    {
        var view = new CacheView(caches, registry, indexes, reconciler.Primary);
        var readAnew = new HashSet<ResourceName>();
        var answers = new Dictionary<MetricQuery, MetricAnswer>();
        while (true)
        {
            var primary = view.Find(reconciler.Primary, key);
            List<ResourceName> stale = [.. reconciler.Relations.SelectMany(relation => relation.ReadAnew(primary, view)).Where(readAnew.Add)];
            foreach (var resource in stale)
                await ReadAnewAsync(resource, cancellationToken);
            if (stale.Count > 0)
                continue;
            List<MetricQuery> unanswered = [.. reconciler.Relations.SelectMany(relation => relation.Queries(primary, view)).Where(query => !answers.ContainsKey(query))];
            if (unanswered.Count == 0)
                return Observation.Take(reconciler, key, primary, view, time.GetUtcNow(), answers, memory, prior);
            foreach (var (query, answer) in await metrics.AskAsync(unanswered, cancellationToken))
                answers[query] = answer;
        }
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
