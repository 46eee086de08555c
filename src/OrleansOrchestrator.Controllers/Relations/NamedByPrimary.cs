using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The objects that the primary names in its fields, in any namespace or in none: the target of an autoscaler's
/// <c>scaleTargetRef</c>, the volume of a claim. The selector index finds the primaries, with the name as a label and the field as
/// a selector.
/// </summary>
/// <param name="resource">The resource of the objects.</param>
/// <param name="keysOf">The objects that a primary names.</param>
public sealed class NamedByPrimary(ResourceName resource, Func<KubeObject, IEnumerable<ObjectKey>> keysOf) : Relation
{
    private const string Term = "object";

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override LabelSelector SelectorOf(KubeObject primary) => LabelSelector.AnyOf(Term, keysOf(primary).Select(key => key.ToString()));

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned) => concerned.AddSelecting(
        ConcernedPrimaries.AllNamespaces, LabelSet.From([new KeyValuePair<string, string>(Term, change.Key.ToString())]));

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is null)
            yield break;
        foreach (var named in keysOf(primary).Distinct().Order())
        {
            if (view.Find(resource, named) is { } obj)
                yield return new RelatedObject(resource, obj);
        }
    }
}
