using OrleansOrchestrator.Model.Resources;
using AccessVerbs = OrleansOrchestrator.ControlPlane.Authorization.Verbs;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>A subresource that is served.</summary>
/// <param name="Name">Its name, as in <c>status</c>.</param>
/// <param name="Group">The group of its bodies' kind.</param>
/// <param name="Version">The version of its bodies' kind.</param>
/// <param name="Kind">The kind of its bodies.</param>
/// <param name="Verbs">What can be done.</param>
internal sealed record ServedSubresource(string Name, string Group, string Version, string Kind, IReadOnlyList<string> Verbs);

/// <summary>A resource that is served.</summary>
/// <param name="Name">The plural.</param>
/// <param name="Singular">The singular.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Namespaced">Whether its objects are in namespaces.</param>
/// <param name="ShortNames">Abbreviations.</param>
/// <param name="Categories">Categories.</param>
/// <param name="Verbs">What can be done.</param>
/// <param name="Subresources">Its subresources by name.</param>
internal sealed record ServedResource(
    string Name,
    string Singular,
    string Kind,
    bool Namespaced,
    IReadOnlyList<string> ShortNames,
    IReadOnlyList<string> Categories,
    IReadOnlyList<string> Verbs,
    IReadOnlyList<ServedSubresource> Subresources);

/// <summary>A version of a group.</summary>
/// <param name="Group">The group; empty for core.</param>
/// <param name="Version">The version.</param>
/// <param name="Resources">Its resources by name.</param>
internal sealed record ServedVersion(string Group, string Version, IReadOnlyList<ServedResource> Resources)
{
    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string GroupVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>A group.</summary>
/// <param name="Name">The group; empty for core.</param>
/// <param name="Versions">Its versions, the preferred one first.</param>
internal sealed record ServedGroup(string Name, IReadOnlyList<ServedVersion> Versions);

/// <summary>All that is served, in the shape in which discovery tells it.</summary>
/// <param name="Groups">The groups by name; core is the first.</param>
internal sealed record ApiSurface(IReadOnlyList<ServedGroup> Groups)
{
    private static readonly string[] ObjectVerbs =
        [AccessVerbs.Create, AccessVerbs.Delete, AccessVerbs.DeleteCollection, AccessVerbs.Get,
         AccessVerbs.List, AccessVerbs.Patch, AccessVerbs.Update, AccessVerbs.Watch];

    private static readonly string[] ReadVerbs = [AccessVerbs.Get, AccessVerbs.List];

    private static readonly string[] PartVerbs = [AccessVerbs.Get, AccessVerbs.Patch, AccessVerbs.Update];

    /// <summary>What a catalog's kinds make, and those that are answered without being stored.</summary>
    public static ApiSurface Of(ResourceCatalog catalog) => new(
    [
        .. catalog.Forms
            .Select(form => (form.Group, form.Version, Resource: ResourceOf(form)))
            .Concat(ComputedResource.All.Select(computed => (computed.Group, computed.Version, Resource: computed.Served)))
            .GroupBy(served => served.Group, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new ServedGroup(
                group.Key,
                [.. group.GroupBy(served => served.Version, served => served.Resource, StringComparer.Ordinal)
                    .OrderBy(version => version.Key, VersionPriority.HighestFirst)
                    .Select(version => new ServedVersion(
                        group.Key, version.Key, [.. version.OrderBy(resource => resource.Name, StringComparer.Ordinal)]))])),
    ]);

    private static ServedResource ResourceOf(ResourceForm form) => new(
        form.Definition.Plural,
        form.Definition.Singular,
        form.Definition.Kind,
        form.Definition.Namespaced,
        form.Definition.ShortNames,
        form.Definition.Categories,
        form.Definition.IsStored ? ObjectVerbs : ReadVerbs,
        [.. SubresourcesOf(form).OrderBy(subresource => subresource.Name, StringComparer.Ordinal)]);

    private static IEnumerable<ServedSubresource> SubresourcesOf(ResourceForm form)
    {
        var definition = form.Definition;
        if (definition.HasStatus)
            yield return new ServedSubresource("status", form.Group, form.Version, definition.Kind, PartVerbs);
        if (definition.Scale is not null)
            yield return new ServedSubresource("scale", "autoscaling", "v1", "Scale", PartVerbs);
        foreach (var other in definition.Subresources)
        {
            yield return new ServedSubresource(
                other.Name, other.Group ?? form.Group, other.Version ?? form.Version, other.Kind, other.Verbs);
        }
    }
}
