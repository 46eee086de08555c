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

    /// <summary>
    /// Whether a change of the objects concerns the primaries. A reconciler that reads a field of a resource that changes all the time,
    /// as nodes do, rather looks again later.
    /// </summary>
    public bool IsWatched { get; init; } = true;

    /// <summary>
    /// Whether a primary's plan depends on what an object that it names is not: absent, or another than expected (null stands for an
    /// absent one). The newest state is read then.
    /// </summary>
    public Func<KubeObject, KubeObject?, bool> NeedsNewest { get; init; } = static (_, _) => false;

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => IsWatched ? [resource] : [];

    /// <inheritdoc/>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) =>
        primary is not null && keysOf(primary).Any(key => NeedsNewest(primary, view.Find(resource, key))) ? [resource] : [];

    /// <inheritdoc/>
    public override LabelSelector? SelectorOf(KubeObject primary) => !IsWatched ? null : LabelSelector.AnyOf(Term, keysOf(primary).Select(key => key.ToString()));

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
