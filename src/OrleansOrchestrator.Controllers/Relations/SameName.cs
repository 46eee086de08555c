using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>The object with the primary's namespace and name, whether or not the primary itself exists.</summary>
/// <param name="resource">The resource of the object.</param>
public sealed class SameName(ResourceName resource) : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override bool OutlivesPrimary => true;

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned) => concerned.Add(change.Key);

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        view.Find(resource, key) is { } obj ? [new RelatedObject(resource, obj)] : [];
}
