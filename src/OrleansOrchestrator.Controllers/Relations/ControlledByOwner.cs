using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The objects that the primary controls. Their owner reference matches it by uid, and by group and kind, because several groups
/// may have a kind of one name. A namespaced owner controls only objects of its own namespace.
/// </summary>
/// <param name="resource">The resource of the objects.</param>
public sealed class ControlledByOwner(ResourceName resource) : Relation
{
    /// <summary>Whether a primary's plan depends on the absence of an object that it controls; null for never.</summary>
    public Func<KubeObject, bool>? ConcludesFromAbsence { get; init; }

    /// <summary>The parts into which the objects fall; null for none.</summary>
    public ObjectParts? Parts { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [resource];

    /// <inheritdoc/>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) =>
        primary is not null && ConcludesFromAbsence?.Invoke(primary) is true ? Watched : [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        foreach (var version in change.Versions)
        {
            if (OwnerOf(version, view) is { } owner)
                concerned.Add(owner);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is null)
            return [];
        return view.ControlledBy(resource, primary.Metadata.Uid)
            .Where(obj => IsControlled(obj, key, view))
            .Select(obj => new RelatedObject(resource, obj));
    }

    /// <inheritdoc/>
    public override IEnumerable<string>? PartsOf(ObjectChange change) => Parts is { } parts ? change.Versions.Select(parts.Of) : null;

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> ObserveParts(ObjectKey key, KubeObject? primary, IReadOnlySet<string> parts, IObjectView view)
    {
        if (Parts is null || primary is null)
            return Observe(key, primary, view);
        return Parts.Find(key.Namespace, parts, view)
            .Where(obj => obj.Controller?.Uid == primary.Metadata.Uid && IsControlled(obj, key, view))
            .Select(obj => new RelatedObject(resource, obj));
    }

    private static bool IsControlled(KubeObject obj, ObjectKey key, IObjectView view) =>
        (!view.Primary.Namespaced || obj.Key.Namespace == key.Namespace)
        && obj.Controller is { } reference && IsOf(view.Primary, key, reference.ApiVersion, reference.Kind, reference.Name);

    private static ObjectKey? OwnerOf(StoredObject obj, IObjectView view)
    {
        if (obj.ReadController() is not { } reference)
            return null;
        var key = new ObjectKey(view.Primary.Namespaced ? obj.Key.Namespace : "", reference.Name);
        // A primary that does not exist yet is observed when it is created.
        return IsOf(view.Primary, key, reference.ApiVersion, reference.Kind, reference.Name)
            && view.Find(view.Primary.Name, key)?.Metadata.Uid == reference.Uid ? key : null;
    }

    private static bool IsOf(ResourceDefinition kind, ObjectKey key, string? apiVersion, string? ownerKind, string? ownerName) =>
        ownerKind == kind.Kind && ownerName == key.Name && OwnerReferences.GroupOf(apiVersion) == kind.Name.Group;
}
