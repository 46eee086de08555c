using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The objects that a primary's selector matches: in its own namespace, as a Service selects pods, or in all namespaces (with
/// <see cref="AcrossNamespaces"/>, and for a cluster-scoped primary).
/// </summary>
/// <param name="resource">The resource of the objects.</param>
/// <param name="selectorOf">A primary's selector; <see cref="LabelSelector.Nothing"/> if it picks nothing.</param>
public sealed class SelectedByLabels(ResourceName resource, Func<KubeObject, LabelSelector> selectorOf) : Relation
{
    /// <summary>Whether objects of other namespaces than the primary's are selected too.</summary>
    public bool AcrossNamespaces { get; init; }

    /// <summary>Whether a primary needs the newest objects, because its plan depends on the absence of one.</summary>
    public Func<KubeObject, bool> NeedsNewest { get; init; } = static _ => false;

    /// <summary>Whether only objects that nobody controls are selected: those that the primary may adopt.</summary>
    public bool OrphansOnly { get; init; }

    /// <summary>The parts into which the objects of the primary's namespace fall; null for none.</summary>
    public ObjectParts? Parts { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override LabelSelector SelectorOf(KubeObject primary) => selectorOf(primary);

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        var @namespace = AcrossNamespaces || !view.Primary.Namespaced ? ConcernedPrimaries.AllNamespaces : change.Key.Namespace;
        // A cluster-scoped object is not in the namespace of any primary.
        if (@namespace.Length == 0 && view.Primary.Namespaced && !AcrossNamespaces)
            return;
        foreach (var version in change.Versions)
        {
            if (!OrphansOnly || version.ControllerUid is null)
                concerned.AddSelecting(@namespace, version.Labels);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is null)
            return [];
        return view.Select(resource, AcrossNamespaces ? "" : key.Namespace, selectorOf(primary))
            .Where(MayBeSelected)
            .Select(obj => new RelatedObject(resource, obj));
    }

    /// <inheritdoc/>
    public override IEnumerable<string>? PartsOf(ObjectChange change) => Parts is { } parts ? change.Versions.Select(parts.Of) : null;

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> ObserveParts(ObjectKey key, KubeObject? primary, IReadOnlySet<string> parts, IObjectView view)
    {
        if (Parts is null || primary is null)
            return Observe(key, primary, view);
        var selector = selectorOf(primary);
        return Parts.Find(key.Namespace, parts, view)
            .Where(obj => MayBeSelected(obj) && selector.Matches(obj.Metadata.Labels))
            .Select(obj => new RelatedObject(resource, obj));
    }

    /// <inheritdoc/>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) =>
        primary is not null && NeedsNewest(primary) ? Watched : [];

    private bool MayBeSelected(KubeObject obj) => !OrphansOnly || obj.Controller is null;
}
