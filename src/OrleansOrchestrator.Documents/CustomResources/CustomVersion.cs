using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.Schemas;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>A version of a custom resource with its schema and columns. Versions differ only in these and in their name.</summary>
public sealed class CustomVersion : ServedVersion, IDeclaresFields
{
    private readonly byte[] _storagePrefix;
    private readonly byte[] _prefix;

    // Readers share objects, so that each is converted to this version once.
    private readonly ConditionalWeakTable<StoredObject, byte[]> _settled = [];
    private IReadOnlyList<TableColumn>? _columns;
    private FieldSchema? _fieldSchema;
    private readonly V1CustomResourceDefinitionVersion _version;

    internal CustomVersion(CustomKind kind, V1CustomResourceDefinitionVersion version)
        : base(kind)
    {
        _version = version;
        _storagePrefix = PrefixOf(kind.ApiVersion);
        _prefix = PrefixOf($"{kind.Group}/{version.Name}");
        SchemaJson = JsonSerializer.SerializeToElement(version.Schema?.OpenAPIV3Schema ?? new V1JSONSchemaProps(), ObjectCodec.Options);
        Schema = StructuralSchema.Read(SchemaJson);
    }

    /// <inheritdoc/>
    public override string Version => _version.Name;

    /// <inheritdoc/>
    public override bool IsServed => _version.Served;

    /// <inheritdoc/>
    public override string? DeprecationWarning => _version.Deprecated is true
        ? _version.DeprecationWarning ?? $"{ApiVersion} {Definition.Kind} is deprecated"
        : null;

    /// <inheritdoc/>
    public override bool TakesStrategicMergePatches => false;

    /// <inheritdoc/>
    public override Type ModelType => typeof(CustomObject);

    /// <summary>The schema.</summary>
    public StructuralSchema Schema { get; }

    /// <summary>The schema as written in the definition.</summary>
    public JsonElement SchemaJson { get; }

    /// <inheritdoc/>
    public FieldSchema FieldSchema => _fieldSchema ??= CustomFieldSchemas.OfObjects(Schema);

    /// <inheritdoc/>
    public override IReadOnlyList<TableColumn> Columns => _columns ??= CustomColumns.Of(_version.AdditionalPrinterColumns);

    /// <inheritdoc/>
    public override KubeObject Decode(ReadOnlySpan<byte> json)
    {
        var obj = ObjectCodec.Decode<CustomObject>(json);
        Coerce(obj.Content, dropsMalformed: false);
        obj.SentAs = this;
        return obj;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindUnknownFields(ReadOnlySpan<byte> json) => UnknownFields.Find(json, Schema);

    /// <inheritdoc/>
    public override KubeObject ToStorage(KubeObject obj)
    {
        obj.ApiVersion = Definition.ApiVersion;
        obj.Kind = Definition.Kind;
        return obj;
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> JsonOf(StoredObject obj)
    {
        var settled = _settled.GetValue(obj, Settle);
        return settled.Length == 0 ? obj.Json : settled;
    }

    /// <summary>Fills in the defaults of this version.</summary>
    /// <returns>Whether anything was missing.</returns>
    internal bool ApplyDefaults(JsonObject content) => Defaulting.Apply(content, Schema);

    /// <summary>Prunes what this version does not know, and normalises embedded objects.</summary>
    /// <returns>Whether anything changed.</returns>
    /// <exception cref="FormatException">A part has a wrong type, and malformed parts are not dropped.</exception>
    internal bool Coerce(JsonObject content, bool dropsMalformed) =>
        Pruning.Prune(content, Schema, isResource: true)
        | Pruning.PruneNulls(content, Schema)
        | EmbeddedResources.Coerce(content, Schema, null, dropsMalformed);

    /// <summary>A stored object in this version; empty if the stored bytes are already right. The schema may have changed since it was
    /// stored.</summary>
    private byte[] Settle(StoredObject stored)
    {
        var json = stored.Json.Span;
        var obj = ObjectCodec.Decode<CustomObject>(json);
        if (((CustomKind)Definition).Settle(obj, this))
            return ObjectCodec.Encode(obj);
        if (json.StartsWith(_prefix))
            return [];
        var end = json.StartsWith(_storagePrefix) ? _storagePrefix.Length : EndOfVersion(json);
        var converted = new byte[_prefix.Length + json.Length - end];
        _prefix.CopyTo(converted, 0);
        json[end..].CopyTo(converted.AsSpan(_prefix.Length));
        return converted;
    }

    private static byte[] PrefixOf(string apiVersion) => [.. "{\"apiVersion\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(apiVersion, ObjectCodec.Options)];

    private static int EndOfVersion(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        reader.Read();
        reader.Read();
        return (int)reader.BytesConsumed;
    }
}
