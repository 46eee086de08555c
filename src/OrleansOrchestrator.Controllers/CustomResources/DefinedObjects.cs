using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.CustomResources;

/// <summary>
/// All objects of the kind that a definition defines, while the definition is being deleted. Nothing is watched: the reconciler
/// looks again as long as objects are left.
/// </summary>
public sealed class DefinedObjects : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <summary>The resource that a definition defines.</summary>
    public static ResourceName ResourceOf(V1CustomResourceDefinition crd) => new(crd.Spec.Names.Plural, crd.Spec.Group);

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        var key = new ObjectKey("", $"{change.Resource.Plural}.{change.Resource.Group}");
        if (view.Find(view.Primary.Name, key) is { IsDeleting: true })
            concerned.Add(key);
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        ReadAnew(primary, view).SelectMany(resource => view.All(resource).Select(obj => new RelatedObject(resource, obj)));

    /// <summary>Only the newest state shows that no object is left.</summary>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) =>
        primary is V1CustomResourceDefinition { IsDeleting: true } crd ? [ResourceOf(crd)] : [];
}
