using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The object of a fixed name in the primary's namespace. For a Namespace, it is in that namespace. For another cluster-scoped
/// primary, it is cluster-scoped too.
/// </summary>
/// <param name="resource">The resource of the object.</param>
/// <param name="name">The name.</param>
public sealed class FixedName(ResourceName resource, string name) : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        if (change.Key.Name != name)
            return;
        if (!IsNamespace(view))
            concerned.AddRange(view.Keys(view.Primary.Name, change.Key.Namespace).Where(key => key.Namespace == change.Key.Namespace));
        else if (view.Find(view.Primary.Name, new ObjectKey("", change.Key.Namespace)) is { } ns)
            concerned.Add(ns.Key);
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is not null && view.Find(resource, new ObjectKey(IsNamespace(view) ? key.Name : key.Namespace, name)) is { } obj
            ? [new RelatedObject(resource, obj)]
            : [];

    private static bool IsNamespace(IObjectView view) => view.Primary.Name == WellKnownResources.Namespaces;
}
