using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The object of a fixed name in the primary's namespace, or in one that is fixed too. For a Namespace, it is in that namespace. For
/// another cluster-scoped primary, it is cluster-scoped too.
/// </summary>
/// <param name="resource">The resource of the object.</param>
/// <param name="name">The name.</param>
public sealed class FixedName(ResourceName resource, string name) : Relation
{
    /// <summary>The namespace of the object, which then concerns the primaries of all namespaces; null for that of the primary.</summary>
    public string? Namespace { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        if (change.Key.Name != name || (Namespace is not null && change.Key.Namespace != Namespace))
            return;
        if (Namespace is not null)
            concerned.AddRange(view.Keys(view.Primary.Name, ""));
        else if (!IsNamespace(view))
            concerned.AddRange(view.Keys(view.Primary.Name, change.Key.Namespace).Where(key => key.Namespace == change.Key.Namespace));
        else if (view.Find(view.Primary.Name, new ObjectKey("", change.Key.Namespace)) is { } ns)
            concerned.Add(ns.Key);
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is not null && view.Find(resource, new ObjectKey(Namespace ?? (IsNamespace(view) ? key.Name : key.Namespace), name)) is { } obj
            ? [new RelatedObject(resource, obj)]
            : [];

    private static bool IsNamespace(IObjectView view) => view.Primary.Name == WellKnownResources.Namespaces;
}
