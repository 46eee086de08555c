using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The objects, in any namespace or in none, that name the primary in a field or a label, whether or not the primary itself
/// exists: the volume of a claim by its <c>claimRef</c>, the EndpointSlices of a Service by their label.
/// </summary>
/// <param name="resource">The resource of the objects.</param>
/// <param name="primaryOf">The primary that an object names; null for none.</param>
public sealed class NamingPrimary(ResourceName resource, Func<KubeObject, ObjectKey?> primaryOf) : Relation
{
    private readonly KeyIndex _index = new(resource, obj => primaryOf(obj) is { } primary ? [primary] : []);

    /// <summary>An indexed field that holds the primary's name; null if there is none.</summary>
    public string? Field { get; init; }

    /// <summary>A label of objects in the primary's own namespace that holds its name; null if there is none.</summary>
    public string? Label { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override bool OutlivesPrimary => true;

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        foreach (var version in change.Versions)
        {
            if (PrimaryOf(version.SharedModel()) is { } primary)
                concerned.Add(primary);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        Candidates(key, view).Where(obj => PrimaryOf(obj) == key).Select(obj => new RelatedObject(resource, obj));

    private IEnumerable<KubeObject> Candidates(ObjectKey key, IObjectView view) => (Field, Label) switch
    {
        ({ } field, _) => view.WithField(resource, field, key.Name),
        (_, { } label) => view.Select(resource, key.Namespace, LabelSelector.AnyOf(label, [key.Name])),
        _ => view.WithKey(_index, key),
    };

    // A label names a primary of the object's own namespace only.
    private ObjectKey? PrimaryOf(KubeObject obj) =>
        primaryOf(obj) is { } primary && (Field is not null || Label is null || primary.Namespace == obj.Key.Namespace) ? primary : null;
}
