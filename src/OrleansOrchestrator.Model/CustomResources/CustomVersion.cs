using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.FieldManagement;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Schemas;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Model.CustomResources;

/// <summary>A version of a custom resource: its schema and columns. Versions differ in these and in their name only.</summary>
public sealed class CustomVersion : ResourceForm
{
    private readonly byte[] _storagePrefix;
    private readonly byte[] _prefix;
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

    /// <summary>The schema as the definition gives it.</summary>
    public JsonElement SchemaJson { get; }

    /// <inheritdoc/>
    public override FieldSchema FieldSchema => _fieldSchema ??= CustomFieldSchemas.OfObjects(Schema);

    /// <inheritdoc/>
    public override IReadOnlyList<TableColumn> Columns => _columns ??= CustomColumns.Of(_version.AdditionalPrinterColumns);

    /// <inheritdoc/>
    public override KubeObject Decode(ReadOnlySpan<byte> json)
    {
        var obj = ObjectCodec.Decode<CustomObject>(json);
        Pruning.Prune(obj.Content, Schema, isResource: true);
        obj.SentAs = this;
        return obj;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindUnknownFields(ReadOnlySpan<byte> json) => Schemas.SchemaFields.Find(json, Schema);

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
        // An object that was stored when another version was the one to store has kept that version's name.
        var json = obj.Json.Span;
        if (json.StartsWith(_prefix))
            return obj.Json;
        var end = json.StartsWith(_storagePrefix) ? _storagePrefix.Length : EndOfVersion(json);
        var converted = new byte[_prefix.Length + json.Length - end];
        _prefix.CopyTo(converted, 0);
        json[end..].CopyTo(converted.AsSpan(_prefix.Length));
        return converted;
    }

    /// <summary>Fills in the defaults of this version.</summary>
    internal void ApplyDefaults(JsonObject content) => Defaulting.Apply(content, Schema);

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
