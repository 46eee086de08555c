using System.Collections.Frozen;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>The discovery documents of a catalog and of the servers behind this one, made once.</summary>
internal sealed class DiscoveryDocuments
{
    private static readonly string[] OtherPaths = ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];
    private readonly FrozenDictionary<string, CachedDocument> _byPath;
    private readonly FrozenDictionary<(string Path, string Version), CachedDocument> _aggregated;

    public DiscoveryDocuments(IEnumerable<ResourceRoute> routes, ServerDescriptions others)
    {
        var surface = ApiSurface.Of(routes, others);
        var core = surface.Groups.Where(group => group.Name.Length == 0).ToList();
        var named = surface.Groups.Where(group => group.Name.Length > 0).ToList();
        var documents = new Dictionary<string, CachedDocument>(StringComparer.Ordinal)
        {
            ["/api"] = CachedDocument.Make(writer => DiscoveryWriter.WriteVersions(writer, core)),
            ["/apis"] = CachedDocument.Make(writer => DiscoveryWriter.WriteGroupList(writer, named)),
        };
        foreach (var group in named)
            documents[$"/apis/{group.Name}"] = CachedDocument.Make(writer => DiscoveryWriter.WriteGroup(writer, group, isInList: false));
        foreach (var version in surface.Groups.SelectMany(group => group.Versions))
        {
            documents[$"/{ResourceRoutes.PrefixOf(version.Group, version.Version)}"] =
                CachedDocument.Make(writer => DiscoveryWriter.WriteResources(writer, version));
        }

        _byPath = documents.ToFrozenDictionary(StringComparer.Ordinal);
        _aggregated = new[] { "v2", "v2beta1" }
            .SelectMany(version => new[]
            {
                KeyValuePair.Create(("/api", version), CachedDocument.Make(writer => AggregatedDiscoveryWriter.Write(writer, core, version))),
                KeyValuePair.Create(("/apis", version), CachedDocument.Make(writer => AggregatedDiscoveryWriter.Write(writer, named, version))),
            })
            .ToFrozenDictionary();
        Root = CachedDocument.Make(WriteRoot);
    }

    /// <summary><c>/</c>: all paths that are not resources.</summary>
    public CachedDocument Root { get; }

    /// <summary>The document of a path; null if there is none.</summary>
    public CachedDocument? Find(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>The aggregated document of a path; null if it has none.</summary>
    public CachedDocument? FindAggregated(string path, string version) => _aggregated.GetValueOrDefault((path, version));

    private void WriteRoot(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStrings("paths"u8, _byPath.Keys.Concat(OtherPaths).Order(StringComparer.Ordinal));
        writer.WriteEndObject();
    }
}
