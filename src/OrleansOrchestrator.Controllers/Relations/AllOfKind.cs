using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>All objects of a resource in all namespaces, as the nodes for a DaemonSet. A change concerns every primary.</summary>
/// <param name="resource">The resource of the objects.</param>
public sealed class AllOfKind(ResourceName resource) : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <summary>
    /// Whether two versions of an object differ in what the primaries depend on; null if every change counts. A node's frequent
    /// status reports, for example, do not concern a DaemonSet.
    /// </summary>
    public Func<KubeObject, KubeObject, bool>? Differ { get; init; }

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        if (change is { Now: { } now, Before: { } before } && Differ?.Invoke(before.SharedModel(), now.SharedModel()) is false)
            return;
        concerned.AddRange(view.Keys(view.Primary.Name, ""));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is null ? [] : view.All(resource).Select(obj => new RelatedObject(resource, obj));
}
