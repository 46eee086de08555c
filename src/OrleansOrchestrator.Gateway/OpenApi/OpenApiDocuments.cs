using System.Collections.Frozen;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>
/// The OpenAPI documents of a catalog. Each is made at its first use, since most silos are never asked, and kept while its kinds do not
/// change: a custom kind that comes or goes costs the document of its own group and version.
/// </summary>
internal sealed class OpenApiDocuments
{
    private readonly Lazy<SchemaNames> _names;
    private readonly FrozenDictionary<string, Part> _byPrefix;
    private readonly Lazy<CachedDocument> _index;
    private readonly Lazy<CompressedDocument> _version2;
    private readonly Lazy<CompressedDocument> _version2Protobuf;

    public OpenApiDocuments(ResourceCatalog catalog, OpenApiDocuments? previous)
    {
        _names = new Lazy<SchemaNames>(() => new SchemaNames(catalog.Versions));
        var versions = catalog.Versions.ToLookup(version => ResourceRoutes.PrefixOf(version.Group, version.Version), StringComparer.Ordinal);
        _byPrefix = versions.Select(group => group.Key).Union(PostedKind.All.Select(kind => kind.Prefix))
            .ToFrozenDictionary(prefix => prefix, prefix => PartOf(prefix, [.. versions[prefix]], previous), StringComparer.Ordinal);
        _index = new Lazy<CachedDocument>(() => CachedDocument.Make(WriteIndex));
        _version2 = new Lazy<CompressedDocument>(() => Make(OpenApiDialect.Version2, catalog.Versions, PostedKind.All));
        _version2Protobuf = new Lazy<CompressedDocument>(() => CompressedDocument.Make(stream => GnosticWriter.Write(stream, Version2)));
    }

    /// <summary>A document and its versions.</summary>
    private sealed record Part(IReadOnlyList<ServedVersion> Versions, Lazy<CompressedDocument> Document);

    /// <summary>The index of all OpenAPI 3 documents.</summary>
    public CachedDocument Index => _index.Value;

    /// <summary>The one OpenAPI 2 document.</summary>
    public CompressedDocument Version2 => _version2.Value;

    /// <summary>The OpenAPI 2 document in the protobuf encoding that kubectl reads.</summary>
    public CompressedDocument Version2Protobuf => _version2Protobuf.Value;

    /// <summary>The OpenAPI 3 document of a prefix such as <c>apis/apps/v1</c>; null if there is none.</summary>
    public CompressedDocument? Find(string prefix) => _byPrefix.GetValueOrDefault(prefix)?.Document.Value;

    private Part PartOf(string prefix, IReadOnlyList<ServedVersion> versions, OpenApiDocuments? previous) =>
        previous?._byPrefix.GetValueOrDefault(prefix) is { } kept && kept.Versions.SequenceEqual(versions)
            ? kept
            : new Part(versions, new Lazy<CompressedDocument>(() =>
                Make(OpenApiDialect.Version3, versions, [.. PostedKind.All.Where(kind => kind.Prefix == prefix)])));

    private void WriteIndex(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("paths"u8);
        foreach (var (prefix, part) in _byPrefix.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            writer.WriteStartObject(prefix);
            writer.WriteString("serverRelativeURL"u8, $"/openapi/v3/{prefix}?hash={part.Document.Value.Hash}");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private CompressedDocument Make(OpenApiDialect dialect, IReadOnlyList<ServedVersion> versions, IReadOnlyList<PostedKind> posted) =>
        CompressedDocument.MakeJson(writer => new DocumentWriter(writer, _names.Value, dialect).Write(versions, posted));
}
