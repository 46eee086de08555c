using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>A served subresource.</summary>
/// <param name="Name">The name, such as <c>status</c>.</param>
/// <param name="Group">The group of its bodies' kind.</param>
/// <param name="Version">The version of its bodies' kind.</param>
/// <param name="Kind">The kind of its bodies.</param>
/// <param name="Verbs">The verbs.</param>
internal sealed record ServedSubresource(string Name, string Group, string Version, string Kind, IReadOnlyList<string> Verbs);

/// <summary>A served resource.</summary>
/// <param name="Name">The plural.</param>
/// <param name="Singular">The singular.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Namespaced">Whether its objects are in namespaces.</param>
/// <param name="ShortNames">Abbreviations.</param>
/// <param name="Categories">Categories.</param>
/// <param name="Verbs">The verbs.</param>
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
internal sealed record ServedGroupVersion(string Group, string Version, IReadOnlyList<ServedResource> Resources)
{
    /// <summary>Whether the resources may be others by now: the server that has them does not answer.</summary>
    public bool IsStale { get; init; }

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string GroupVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>A group.</summary>
/// <param name="Name">The group's name; empty for core.</param>
/// <param name="Versions">Its versions, the preferred one first.</param>
internal sealed record ServedGroup(string Name, IReadOnlyList<ServedGroupVersion> Versions);

/// <summary>The whole served API, in the structure of discovery.</summary>
/// <param name="Groups">The groups, the preferred ones first; core is the first.</param>
internal sealed record ApiSurface(IReadOnlyList<ServedGroup> Groups)
{
    private static readonly string[] ObjectVerbs = [.. ObjectVerb.All.Select(verb => verb.Name)];

    private static readonly string[] ReadVerbs = [.. ObjectVerb.All.Where(verb => !verb.NeedsStore).Select(verb => verb.Name)];

    /// <summary>The kinds behind the routes, the resources that are answered without being stored, and what other servers have.</summary>
    public static ApiSurface Of(IEnumerable<ResourceRoute> routes, ServerDescriptions others) => new(
    [
        .. routes
            .Select(route => (route.ServedVersion.Group, route.ServedVersion.Version, Resource: ResourceOf(route)))
            .Concat(ComputedResource.All.Select(computed => (computed.Group, computed.Version, Resource: computed.Served)))
            .GroupBy(served => (served.Group, served.Version), served => served.Resource)
            .Where(version => others.Table.Find(version.Key.Group, version.Key.Version) is null)
            .Select(version => new ServedGroupVersion(
                version.Key.Group, version.Key.Version, [.. version.OrderBy(resource => resource.Name, StringComparer.Ordinal)]))
            .Concat(others.Versions)
            .GroupBy(version => version.Group, StringComparer.Ordinal)
            .OrderByDescending(group => others.Table.GroupPriority(group.Key))
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new ServedGroup(
                group.Key,
                [.. group.OrderByDescending(version => others.Table.VersionPriority(version.Group, version.Version))
                    .ThenBy(version => version.Version, VersionPriority.HighestFirst)])),
    ]);

    private static ServedResource ResourceOf(ResourceRoute route)
    {
        var definition = route.ServedVersion.Definition;
        return new ServedResource(
            definition.Plural,
            definition.Singular,
            definition.Kind,
            definition.Namespaced,
            definition.ShortNames,
            definition.Categories,
            definition.IsStored ? ObjectVerbs : ReadVerbs,
            [.. route.Subresources.Select(subresource => SubresourceOf(route.ServedVersion, subresource))]);
    }

    private static ServedSubresource SubresourceOf(ServedVersion served, SubresourceDeclaration declaration)
    {
        var (group, version, kind) = declaration.Body ?? (served.Group, served.Version, declaration.BodyKind ?? served.Definition.Kind);
        return new ServedSubresource(declaration.Name, group, version, kind, declaration.Verbs);
    }
}
