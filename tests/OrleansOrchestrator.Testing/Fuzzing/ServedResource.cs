using System.Reflection;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>A resource or subresource in the server's discovery.</summary>
/// <param name="Prefix">The path of its group and version, as in <c>/apis/apps/v1</c>.</param>
/// <param name="Name">The plural, and behind a slash the subresource.</param>
/// <param name="ApiVersion">The version of its objects.</param>
/// <param name="Kind">The kind of its objects.</param>
/// <param name="IsNamespaced">Whether objects live in namespaces.</param>
/// <param name="Verbs">The verbs that it supports.</param>
/// <param name="Model">The model of its objects; null if there is none.</param>
internal sealed record ServedResource(string Prefix, string Name, string ApiVersion, string Kind, bool IsNamespaced, IReadOnlyList<string> Verbs, Type? Model)
{
    private static readonly Dictionary<(string, string), Type> Models = typeof(V1Pod).Assembly.GetTypes()
        .Select(type => (Type: type, Entity: type.GetCustomAttribute<KubernetesEntityAttribute>()))
        .Where(model => model.Entity is not null)
        .GroupBy(model => (VersionOf(model.Entity!.Group, model.Entity.ApiVersion), model.Entity.Kind))
        .ToDictionary(group => group.Key, group => group.First().Type);

    public string Plural => Name.Split('/')[0];

    public string Subresource => Name.Contains('/', StringComparison.Ordinal) ? Name[(Name.IndexOf('/', StringComparison.Ordinal) + 1)..] : "";

    /// <summary>The path of the collection.</summary>
    public string CollectionIn(string scope) => IsNamespaced ? $"{Prefix}/namespaces/{scope}/{Plural}" : $"{Prefix}/{Plural}";

    /// <summary>Reads all resources that a server serves.</summary>
    public static async Task<IReadOnlyList<ServedResource>> ReadAsync(ApiConnection api)
    {
        var prefixes = new List<string> { "/api/v1" };
        foreach (var group in (await api.GetAsync("/apis"))["groups"]!.AsArray())
            prefixes.AddRange(group!["versions"]!.AsArray().Select(version => "/apis/" + (string)version!["groupVersion"]!));
        var resources = new List<ServedResource>();
        foreach (var prefix in prefixes)
        {
            var list = await api.GetAsync(prefix);
            resources.AddRange(list["resources"]!.AsArray().Select(resource => Of(prefix, (string)list["groupVersion"]!, resource!)));
        }

        return resources;
    }

    private static ServedResource Of(string prefix, string groupVersion, JsonNode resource)
    {
        var kind = (string)resource["kind"]!;
        var version = (string?)resource["version"] is { Length: > 0 } own ? VersionOf((string?)resource["group"] ?? "", own) : groupVersion;
        return new ServedResource(
            prefix, (string)resource["name"]!, version, kind, (bool)resource["namespaced"]!,
            [.. resource["verbs"]!.AsArray().Select(verb => (string)verb!)], Models.GetValueOrDefault((version, kind)));
    }

    private static string VersionOf(string group, string version) => string.IsNullOrEmpty(group) ? version : $"{group}/{version}";
}
