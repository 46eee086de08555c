using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>All objects of a resource in all namespaces, as the nodes for a DaemonSet. A change concerns every primary.</summary>
/// <param name="resource">The resource of the objects.</param>
public sealed class AllOfKind(ResourceName resource) : Relation
{
    private static readonly ObjectKey Any = new("", "");

    private KeyIndex? _depending;

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <summary>
    /// Whether two versions of an object differ in what the primaries depend on; null if every change counts. A node's frequent
    /// status reports, for example, do not concern a DaemonSet.
    /// </summary>
    public Func<KubeObject, KubeObject, bool>? Differ { get; init; }

    /// <summary>
    /// Whether a primary depends on the objects at all; null for every one. Only those are found, through an index, of kinds with many
    /// objects that do not.
    /// </summary>
    public Func<KubeObject, bool>? Depends { get; init; }

    /// <summary>Each object is a part by its name, of a cluster-scoped resource.</summary>
    public override IEnumerable<string> PartsOf(ObjectChange change) => [change.Key.Name];

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> ObserveParts(ObjectKey key, KubeObject? primary, IReadOnlySet<string> parts, IObjectView view)
    {
        if (primary is null)
            yield break;
        foreach (var part in parts.Order(StringComparer.Ordinal))
        {
            if (view.Find(resource, new ObjectKey("", part)) is { } obj)
                yield return new RelatedObject(resource, obj);
        }
    }

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        if (change is { Now: { } now, Before: { } before } && Differ?.Invoke(before.SharedModel(), now.SharedModel()) is false)
            return;
        concerned.AddRange(Depends is null ? view.Keys(view.Primary.Name, "") : view.WithKey(DependingOf(view), Any).Select(ObjectKey.Of));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is null ? [] : view.All(resource).Select(obj => new RelatedObject(resource, obj));

    private KeyIndex DependingOf(IObjectView view) =>
        LazyInitializer.EnsureInitialized(ref _depending, () => new KeyIndex(view.Primary.Name, primary => Depends!(primary) ? [Any] : []));
}
