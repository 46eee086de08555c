using System.Collections.Frozen;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Discovery;
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
    private readonly Lazy<CompressedDocument> _version2;
    private readonly Lazy<CompressedDocument> _version2Protobuf;
    private volatile MergedIndex? _index;

    public OpenApiDocuments(ResourceCatalog catalog, OpenApiDocuments? previous)
    {
        _names = new Lazy<SchemaNames>(() => new SchemaNames(catalog.Versions));
        var versions = catalog.Versions.ToLookup(version => ResourceRoutes.PrefixOf(version.Group, version.Version), StringComparer.Ordinal);
        _byPrefix = versions.Select(group => group.Key).Union(PostedKind.All.Select(kind => kind.Prefix))
            .ToFrozenDictionary(prefix => prefix, prefix => PartOf(prefix, [.. versions[prefix]], previous), StringComparer.Ordinal);
        _version2 = new Lazy<CompressedDocument>(() => Make(OpenApiDialect.Version2, catalog.Versions, PostedKind.All));
        _version2Protobuf = new Lazy<CompressedDocument>(() => CompressedDocument.Make(stream => GnosticWriter.Write(stream, Version2)));
    }

    /// <summary>An index, and what it was made of.</summary>
    private sealed record MergedIndex(ServerDescriptions Others, CachedDocument Document);

    /// <summary>A document and its versions.</summary>
    private sealed record Part(IReadOnlyList<ServedVersion> Versions, Lazy<CompressedDocument> Document);

    /// <summary>The one OpenAPI 2 document.</summary>
    public CompressedDocument Version2 => _version2.Value;

    /// <summary>The OpenAPI 2 document in the protobuf encoding that kubectl reads.</summary>
    public CompressedDocument Version2Protobuf => _version2Protobuf.Value;

    /// <summary>The OpenAPI 3 document of a prefix such as <c>apis/apps/v1</c>; null if there is none.</summary>
    public CompressedDocument? Find(string prefix) => _byPrefix.GetValueOrDefault(prefix)?.Document.Value;

    /// <summary>The index of all OpenAPI 3 documents: of this server, and of those behind it that have some.</summary>
    public CachedDocument IndexWith(ServerDescriptions others)
    {
        var index = _index;
        if (index is null || !ReferenceEquals(index.Others, others))
            _index = index = new MergedIndex(others, CachedDocument.Make(writer => WriteIndex(writer, others)));
        return index.Document;
    }

    private Part PartOf(string prefix, IReadOnlyList<ServedVersion> versions, OpenApiDocuments? previous) =>
        previous?._byPrefix.GetValueOrDefault(prefix) is { } kept && kept.Versions.SequenceEqual(versions)
            ? kept
            : new Part(versions, new Lazy<CompressedDocument>(() =>
                Make(OpenApiDialect.Version3, versions, [.. PostedKind.All.Where(kind => kind.Prefix == prefix)])));

    private void WriteIndex(Utf8JsonWriter writer, ServerDescriptions others)
    {
        var own = _byPrefix.Where(entry => others.Table.FindByPath(entry.Key) is null).Select(entry => (Prefix: entry.Key, Hash: (string?)entry.Value.Document.Value.Hash));
        var theirs = others.Table.Servers.Select(server => (Prefix: server.Root[1..], Hash: others.Of(server).OpenApiHash)).Where(entry => entry.Hash is not null);
        writer.WriteStartObject();
        writer.WriteStartObject("paths"u8);
        foreach (var (prefix, hash) in own.Concat(theirs).OrderBy(entry => entry.Prefix, StringComparer.Ordinal))
        {
            writer.WriteStartObject(prefix);
            writer.WriteString("serverRelativeURL"u8, $"/openapi/v3/{prefix}{(hash!.Length > 0 ? "?hash=" : "")}{hash}");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private CompressedDocument Make(OpenApiDialect dialect, IReadOnlyList<ServedVersion> versions, IReadOnlyList<PostedKind> posted) =>
        CompressedDocument.MakeJson(writer => new DocumentWriter(writer, _names.Value, dialect).Write(versions, posted));
}
