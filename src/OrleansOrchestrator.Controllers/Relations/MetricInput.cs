using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// Metrics that a primary depends on. They are no objects: an observation holds them by query. Nobody is told when they change, so the reconciler looks again by itself.
/// </summary>
/// <param name="queriesOf">What to ask for a primary.</param>
public sealed class MetricInput(Func<KubeObject, IObjectView, IEnumerable<MetricQuery>> queriesOf) : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) => [];

    /// <inheritdoc/>
    public override IEnumerable<MetricQuery> Queries(KubeObject? primary, IObjectView view) => primary is null ? [] : queriesOf(primary, view);
}
