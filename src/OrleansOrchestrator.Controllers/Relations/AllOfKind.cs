using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>All objects of a resource, in all namespaces: the nodes of a DaemonSet. Each change concerns every primary.</summary>
/// <param name="resource">The resource of the objects.</param>
public sealed class AllOfKind(ResourceName resource) : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned) =>
        concerned.AddRange(view.Keys(view.Primary.Name, ""));

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is null ? [] : view.All(resource).Select(obj => new RelatedObject(resource, obj));
}
