using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// All objects in a Namespace that is being deleted, which is the primary. Nothing is watched, because that would be every change
/// of the cluster: the reconciler looks again as long as objects are left.
/// </summary>
public sealed class NamespaceContents : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        var key = new ObjectKey("", change.Key.Namespace);
        if (key.Name.Length > 0 && view.Find(view.Primary.Name, key) is { IsDeleting: true })
            concerned.Add(key);
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        Kinds(primary, view).SelectMany(resource => view.InNamespace(resource, key.Name).Select(obj => new RelatedObject(resource, obj)));

    /// <summary>Only the newest state shows that a namespace is empty. A missed object would be left behind.</summary>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) => Kinds(primary, view);

    private static IEnumerable<ResourceName> Kinds(KubeObject? primary, IObjectView view) => primary is { IsDeleting: true }
        ? view.StoredKinds.Where(kind => kind.Namespaced).Select(kind => kind.Name).OrderBy(name => name.ToString(), StringComparer.Ordinal)
        : [];
}
