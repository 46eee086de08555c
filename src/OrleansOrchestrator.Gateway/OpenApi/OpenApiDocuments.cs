using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>The OpenAPI documents of a registry. Each is made when it is first asked for, since most silos are never asked.</summary>
internal sealed class OpenApiDocuments
{
    private readonly Lazy<SchemaNames> _names;
    private readonly FrozenDictionary<string, Lazy<CachedDocument>> _byPrefix;
    private readonly Lazy<CachedDocument> _index;
    private readonly Lazy<CachedDocument> _version2;

    public OpenApiDocuments(ResourceRegistry registry)
    {
        _names = new Lazy<SchemaNames>(() => new SchemaNames(registry));
        _byPrefix = registry.Forms
            .GroupBy(form => ResourceRoutes.PrefixOf(form.Group, form.Version), StringComparer.Ordinal)
            .ToFrozenDictionary(
                group => group.Key,
                group => new Lazy<CachedDocument>(() => Make(writer => WriteVersion3(writer, [.. group]))),
                StringComparer.Ordinal);
        _index = new Lazy<CachedDocument>(() => Make(WriteIndex));
        _version2 = new Lazy<CachedDocument>(() => Make(writer => WriteVersion2(writer, registry.Forms)));
    }

    /// <summary>The index of all OpenAPI 3 documents.</summary>
    public CachedDocument Index => _index.Value;

    /// <summary>The one OpenAPI 2 document.</summary>
    public CachedDocument Version2 => _version2.Value;

    /// <summary>The OpenAPI 3 document of a prefix such as <c>apis/apps/v1</c>; null if there is none.</summary>
    public CachedDocument? Find(string prefix) => _byPrefix.GetValueOrDefault(prefix)?.Value;

    private void WriteIndex(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("paths"u8);
        foreach (var (prefix, document) in _byPrefix.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            writer.WriteStartObject(prefix);
            writer.WriteString("serverRelativeURL"u8, $"/openapi/v3/{prefix}?hash={document.Value.Hash}");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteVersion3(Utf8JsonWriter writer, IReadOnlyList<ResourceForm> forms)
    {
        var schemas = new SchemaWriter(writer, _names.Value, "#/components/schemas/");
        writer.WriteStartObject();
        writer.WriteString("openapi"u8, "3.0.0"u8);
        WriteInfo(writer);
        WritePaths(writer, forms, new OperationWriter(writer, schemas, isVersion2: false));
        writer.WriteStartObject("components"u8);
        writer.WriteStartObject("schemas"u8);
        WriteSchemas(schemas, forms);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteVersion2(Utf8JsonWriter writer, IReadOnlyList<ResourceForm> forms)
    {
        var schemas = new SchemaWriter(writer, _names.Value, "#/definitions/");
        writer.WriteStartObject();
        writer.WriteString("swagger"u8, "2.0"u8);
        WriteInfo(writer);
        WritePaths(writer, forms, new OperationWriter(writer, schemas, isVersion2: true));
        writer.WriteStartObject("definitions"u8);
        WriteSchemas(schemas, forms);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteInfo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("info"u8);
        writer.WriteString("title"u8, "Kubernetes"u8);
        writer.WriteString("version"u8, "v1.33.0"u8);
        writer.WriteEndObject();
    }

    private static void WritePaths(Utf8JsonWriter writer, IReadOnlyList<ResourceForm> forms, OperationWriter operations)
    {
        writer.WriteStartObject("paths"u8);
        foreach (var form in forms)
            operations.WritePaths(form);
        writer.WriteEndObject();
    }

    private static void WriteSchemas(SchemaWriter schemas, IReadOnlyList<ResourceForm> forms)
    {
        var kinds = forms.ToDictionary(form => form.ModelType, KindName.Of);
        foreach (var type in ModelShape.TypesReachedFrom(forms.Select(form => form.ModelType)))
            schemas.WriteNamed(type, kinds.TryGetValue(type, out var kind) ? kind : null);
    }

    private static CachedDocument Make(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JsonWriting.Compact))
            write(writer);
        return new CachedDocument(buffer.WrittenMemory.ToArray());
    }
}
