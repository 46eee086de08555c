using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Documents.Schemas;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>The kind that a CustomResourceDefinition defines. Immutable: a changed definition makes a new kind.</summary>
public sealed class CustomKind : ResourceDefinition
{
    private const string StatusField = "status";
    private readonly V1CustomResourceDefinition _crd;
    private readonly V1CustomResourceDefinitionVersion _stored;
    private readonly CustomVersion[] _versions;

    /// <summary>Makes the kind of a valid definition.</summary>
    public CustomKind(V1CustomResourceDefinition crd)
    {
        _crd = crd;
        _stored = crd.Spec.Versions.Single(version => version.Storage);
        SelectableFields = [.. (_stored.SelectableFields ?? []).Select(field => new SelectableField(field.JsonPath.TrimStart('.'), Indexed: true))];
        Scale = CustomScale.Of(_stored.Subresources?.Scale);
        _versions = [.. crd.Spec.Versions.Select(version => new CustomVersion(this, version))];
    }

    /// <summary>The definition's uid, and the generation from which this kind was made.</summary>
    public (string Uid, long? Generation) Source => (_crd.Metadata.Uid, _crd.Metadata.Generation);

    /// <summary>Whether the definition is being deleted, and all objects with it.</summary>
    public bool IsTerminating => _crd.Metadata.DeletionTimestamp is not null;

    /// <inheritdoc/>
    public override bool Supersedes(ResourceDefinition other) =>
        other is CustomKind kind && (kind.Source.Uid != Source.Uid || kind.Source.Generation < Source.Generation);

    /// <inheritdoc/>
    public override string Group => _crd.Spec.Group;

    /// <inheritdoc/>
    public override string Version => _stored.Name;

    /// <inheritdoc/>
    public override string Kind => _crd.Spec.Names.Kind;

    /// <inheritdoc/>
    public override string Plural => _crd.Spec.Names.Plural;

    /// <inheritdoc/>
    public override string Singular => _crd.Spec.Names.Singular ?? base.Singular;

    /// <inheritdoc/>
    public override string ListKind => _crd.Spec.Names.ListKind ?? base.ListKind;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ShortNames => [.. _crd.Spec.Names.ShortNames ?? []];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Categories => [.. _crd.Spec.Names.Categories ?? []];

    /// <inheritdoc/>
    public override bool Namespaced => _crd.Spec.Scope == "Namespaced";

    /// <inheritdoc/>
    public override IReadOnlyList<SelectableField> SelectableFields { get; }

    /// <inheritdoc/>
    public override bool SelectsByNamespace => Namespaced;

    /// <inheritdoc/>
    public override string UnsupportedFieldText(string field) => $"field label not supported: {field}";

    /// <inheritdoc/>
    public override bool HasStatus => _stored.Subresources?.Status is not null;

    /// <inheritdoc/>
    public override bool TracksGeneration => true;

    /// <inheritdoc/>
    public override bool AllowCreateOnUpdate => false;

    /// <inheritdoc/>
    public override bool TakesAnyFinalizer => true;

    /// <inheritdoc/>
    public override ScaleAccess? Scale { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<TableColumn> Columns => Storage.Columns;

    /// <inheritdoc/>
    public override Type ModelType => typeof(CustomObject);

    /// <inheritdoc/>
    protected override ServedVersion StorageVersion => _versions.Single(version => version.Version == Version);

    /// <inheritdoc/>
    protected override IReadOnlyList<ServedVersion> OtherVersions => [.. _versions.Where(version => version.Version != Version)];

    /// <summary>Reads a stored object in the version in which it was stored, and converts it to the present storage version.</summary>
    /// <exception cref="System.Text.Json.JsonException">The JSON is malformed.</exception>
    public override KubeObject Decode(ReadOnlySpan<byte> json)
    {
        var obj = ObjectCodec.Decode<CustomObject>(json);
        Settle(obj, (CustomVersion)Storage);
        return obj;
    }

    /// <inheritdoc/>
    public override byte[] Encode(KubeObject obj)
    {
        obj.ApiVersion = ApiVersion;
        obj.Kind = Kind;
        obj.Metadata.ResourceVersion = null;
        obj.Metadata.SelfLink = null;
        var custom = (CustomObject)obj;
        if (custom.SentAs is not null && custom.SentAs != Storage)
            ((CustomVersion)Storage).Coerce(custom.Content, dropsMalformed: true);
        return ObjectCodec.Encode(custom);
    }

    /// <inheritdoc/>
    public override void ApplyDefaults(KubeObject obj) => VersionOf(obj).ApplyDefaults(((CustomObject)obj).Content);

    /// <inheritdoc/>
    public override void PrepareForCreate(KubeObject obj)
    {
        if (HasStatus)
            ((CustomObject)obj).Content.Remove(StatusField);
    }

    /// <inheritdoc/>
    public override void PrepareForUpdate(KubeObject updated, KubeObject current)
    {
        var (wanted, present) = ((CustomObject)updated, (CustomObject)current);
        if (HasStatus)
            Take(present.Content, StatusField, wanted.Content);
        if (!JsonNode.DeepEquals(wanted.Content, present.Content))
            wanted.Metadata.Generation = (present.Metadata.Generation ?? 0) + 1;
    }

    /// <inheritdoc/>
    public override void PrepareForStatusUpdate(KubeObject updated, KubeObject current)
    {
        var (wanted, present) = ((CustomObject)updated, (CustomObject)current);
        var content = (JsonObject)present.Content.DeepClone();
        Take(wanted.Content, StatusField, content);
        wanted.Content = content;
        wanted.Metadata = present.Metadata with { };
    }

    /// <inheritdoc/>
    public override void Validate(KubeObject obj, FieldErrors errors) => ValidateContent((CustomObject)obj, null, errors);

    /// <inheritdoc/>
    public override void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors) =>
        ValidateContent((CustomObject)updated, (CustomObject)current, errors);

    /// <inheritdoc/>
    public override void ValidateStatusUpdate(KubeObject updated, KubeObject current, FieldErrors errors)
    {
        var (wanted, present) = ((CustomObject)updated, (CustomObject)current);
        if (VersionOf(wanted).Schema.FieldOf(StatusField) is { } schema && wanted.Content.TryGetPropertyValue(StatusField, out var status))
        {
            SchemaValidation.Validate(status, schema, FieldPath.Status, errors, present.Content[StatusField]);
            EmbeddedResources.Validate(status, schema, FieldPath.Status, errors);
        }

        CustomScale.ValidateStatus(_stored.Subresources?.Scale, wanted.Content, errors);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsDns1123Subdomain(name);

    /// <summary>Converts a stored object to a version: applies the schema and defaults of its own version, then prunes what the target
    /// version does not know.</summary>
    /// <returns>Whether its content changed.</returns>
    internal bool Settle(CustomObject obj, CustomVersion wanted)
    {
        var own = Array.Find(_versions, version => version.ApiVersion == obj.ApiVersion) ?? (CustomVersion)Storage;
        var isChanged = own.Coerce(obj.Content, dropsMalformed: true) | own.ApplyDefaults(obj.Content);
        if (own != wanted)
            isChanged |= wanted.Coerce(obj.Content, dropsMalformed: true);
        obj.ApiVersion = wanted.ApiVersion;
        return isChanged;
    }

    /// <inheritdoc/>
    protected override void AddWarnings(KubeObject obj, KubeObject? current, List<string> warnings) =>
        warnings.AddRange(ObjectMetaValidation.FinalizerWarnings(obj.Metadata, current?.Metadata));

    private void ValidateContent(CustomObject obj, CustomObject? current, FieldErrors errors)
    {
        var schema = VersionOf(obj).Schema;
        SchemaValidation.Validate(Whole(obj), schema, null, errors, current is null ? null : Whole(current));
        EmbeddedResources.Validate(obj.Content, schema, null, errors);
        CustomScale.Validate(_stored.Subresources?.Scale, obj.Content, errors);
    }

    /// <summary>The object as its schema sees it. Of metadata it contains only the names, because a schema can restrict nothing
    /// else.</summary>
    private JsonObject Whole(CustomObject obj)
    {
        var metadata = new JsonObject();
        if (!string.IsNullOrEmpty(obj.Metadata.Name))
            metadata["name"] = obj.Metadata.Name;
        if (!string.IsNullOrEmpty(obj.Metadata.GenerateName))
            metadata["generateName"] = obj.Metadata.GenerateName;
        var whole = new JsonObject { ["apiVersion"] = VersionOf(obj).ApiVersion, ["kind"] = Kind, ["metadata"] = metadata };
        foreach (var (name, value) in obj.Content)
            whole[name] = value?.DeepClone();
        return whole;
    }

    private CustomVersion VersionOf(KubeObject obj) => ((CustomObject)obj).SentAs ?? (CustomVersion)Storage;

    private static void Take(JsonObject from, string field, JsonObject to)
    {
        if (from.TryGetPropertyValue(field, out var value))
            to[field] = value?.DeepClone();
        else
            to.Remove(field);
    }
}
