using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.EndToEnd.Tests.Golden;

/// <summary>Finds where objects of a kind are created, as clients do: by discovery.</summary>
internal static class ResourcePaths
{
    private static readonly ConcurrentDictionary<(Uri Server, string ApiVersion), JsonArray> Discovered = new();

    /// <summary>The path of the collection that objects of a kind are created in.</summary>
    public static async Task<string> FindAsync(ApiConnection api, string apiVersion, string kind, string space)
    {
        var root = apiVersion.Contains('/') ? $"/apis/{apiVersion}" : $"/api/{apiVersion}";
        if (!Discovered.TryGetValue((api.Server, apiVersion), out var resources) || Find(resources, kind) is null)
            Discovered[(api.Server, apiVersion)] = resources = (await api.GetAsync(root))["resources"]!.AsArray();
        var resource = Find(resources, kind) ?? throw new InvalidOperationException($"{apiVersion} has no kind {kind}");
        return (bool)resource["namespaced"]! ? $"{root}/namespaces/{space}/{resource["name"]}" : $"{root}/{resource["name"]}";
    }

    private static JsonNode? Find(JsonArray resources, string kind) => resources.FirstOrDefault(
        resource => (string?)resource!["kind"] == kind && !((string)resource["name"]!).Contains('/', StringComparison.Ordinal));
}
