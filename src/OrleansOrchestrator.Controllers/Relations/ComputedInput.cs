using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// Objects of a kind that is computed on request and not stored, such as metrics: those in the primary's namespace that it wants.
/// Changes cannot be watched, so the reconciler must requeue.
/// </summary>
/// <param name="resource">The computed resource.</param>
/// <param name="isWanted">Whether a primary wants an object.</param>
public sealed class ComputedInput(ResourceName resource, Func<KubeObject, KubeObject, bool> isWanted) : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        foreach (var key in view.Keys(view.Primary.Name, view.Primary.Namespaced ? change.Key.Namespace : ""))
        {
            if (view.Find(view.Primary.Name, key) is { } primary && change.Versions.Any(version => isWanted(primary, version.SharedModel())))
                concerned.Add(key);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) => primary is null
        ? []
        : view.InNamespace(resource, key.Namespace).Where(obj => isWanted(primary, obj)).Select(obj => new RelatedObject(resource, obj));

    /// <inheritdoc/>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) => primary is null ? [] : [resource];
}
