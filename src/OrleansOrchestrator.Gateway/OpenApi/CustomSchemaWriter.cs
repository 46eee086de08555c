using System.Collections.Frozen;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes the schemas of custom kinds: those of their definitions, and the fields that all objects have.</summary>
internal sealed class CustomSchemaWriter(Utf8JsonWriter writer, SchemaNames names, OpenApiDialect dialect)
{
    // Keywords that OpenAPI 2 lacks.
    private static readonly FrozenSet<string> Version3Only = FrozenSet.Create(StringComparer.Ordinal, "allOf", "oneOf", "anyOf", "not", "nullable");

    private readonly ModelDescriptions _descriptions = ModelDescriptions.Load();

    /// <summary>Writes the schemas of a version's objects and of their lists.</summary>
    public void Write(CustomVersion version)
    {
        WriteObject(version);
        WriteList(version);
        CompressedDocument.FlushIfLarge(writer);
    }

    private void WriteObject(CustomVersion version)
    {
        writer.WriteStartObject(names.Of(version));
        if (dialect.IsVersion2 && version.Schema.PreservesUnknownFields)
            // With any named field, even metadata, kubectl would refuse all fields that are not named.
            writer.WriteString("type"u8, "object"u8);
        else
            WriteMembers(version.SchemaJson, isResource: true, isRoot: true);
        KindName.WriteAll(writer, [KindName.Of(version)]);
        WriteSelectableFields(version);
        writer.WriteEndObject();
    }

    private void WriteList(CustomVersion version)
    {
        var listKind = version.Definition.ListKind;
        writer.WriteStartObject(names.ListOf(version));
        writer.WriteString("description"u8, $"{listKind} is a list of {version.Definition.Kind}");
        writer.WriteString("type"u8, "object"u8);
        writer.WriteStrings("required"u8, ["items"]);
        writer.WriteStartObject("properties"u8);
        WriteTypeFields();
        writer.WriteStartObject("items"u8);
        writer.WriteString("description"u8, $"List of {version.Definition.Plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md");
        writer.WriteString("type"u8, "array"u8);
        writer.WriteStartObject("items"u8);
        writer.WriteString("$ref"u8, dialect.ReferencePrefix + names.Of(version));
        writer.WriteEndObject();
        writer.WriteEndObject();
        WriteReference("metadata", _descriptions.Of(typeof(V1ConfigMapList), nameof(V1ConfigMapList.Metadata)), names[typeof(V1ListMeta)]);
        writer.WriteEndObject();
        KindName.WriteAll(writer, [KindName.Of(version) with { Kind = listKind }]);
        writer.WriteEndObject();
    }

    private void WriteTypeFields()
    {
        WriteText("apiVersion", _descriptions.Of(typeof(V1ConfigMap), nameof(V1ConfigMap.ApiVersion)));
        WriteText("kind", _descriptions.Of(typeof(V1ConfigMap), nameof(V1ConfigMap.Kind)));
    }

    private void WriteText(string name, string description)
    {
        writer.WriteStartObject(name);
        writer.WriteString("description"u8, description);
        writer.WriteString("type"u8, "string"u8);
        writer.WriteEndObject();
    }

    private void WriteReference(string name, string description, string schema)
    {
        writer.WriteStartObject(name);
        writer.WriteString("description"u8, description);
        if (!dialect.IsVersion2)
        {
            writer.WriteStartArray("allOf"u8);
            writer.WriteStartObject();
        }

        writer.WriteString("$ref"u8, dialect.ReferencePrefix + schema);
        if (!dialect.IsVersion2)
        {
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteSelectableFields(CustomVersion version)
    {
        var fields = version.Definition.SelectableFields;
        if (fields.Count == 0)
            return;
        writer.WriteStartArray("x-kubernetes-selectable-fields"u8);
        foreach (var field in fields)
        {
            writer.WriteStartObject();
            writer.WriteString("fieldPath"u8, field.Path);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteSchema(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        WriteMembers(schema, IsTrue(schema, "x-kubernetes-embedded-resource"), isRoot: false);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes a schema. OpenAPI 2 cannot express null, alternatives, and objects with additional fields. A schema that uses them is
    /// written there without type and fields, because older clients refuse fields that they do not find.
    /// </summary>
    private void WriteMembers(JsonElement schema, bool isResource, bool isRoot)
    {
        var isOpen = dialect.IsVersion2 && IsTrue(schema, "x-kubernetes-preserve-unknown-fields");
        var isUntyped = dialect.IsVersion2 && IsTrue(schema, "nullable");
        var hidesParts = isOpen || isUntyped;
        foreach (var member in schema.EnumerateObject().Where(member => IsKnown(member.Name)))
        {
            switch (member.Name)
            {
                case "properties" or "required":
                case "items" when hidesParts:
                case "type" when isUntyped || hidesParts && member.Value.GetString() is "object" or "array":
                    break;
                case "items" or "additionalProperties" or "not":
                    writer.WritePropertyName(member.Name);
                    WriteSchema(member.Value);
                    break;
                default:
                    member.WriteTo(writer);
                    break;
            }
        }

        if (!dialect.IsVersion2)
            WriteIntOrString(schema);
        var isNamed = isResource && !(isOpen && !isRoot);
        WriteRequired(schema, isNamed && !isRoot);
        if (!hidesParts || isNamed)
            WriteProperties(schema, isNamed, isRoot, hidesParts);
    }

    private void WriteProperties(JsonElement schema, bool isResource, bool isRoot, bool hidesParts)
    {
        var properties = schema.TryGetProperty("properties", out var given) && !hidesParts ? given.EnumerateObject().ToList() : [];
        if (properties.Count == 0 && !isResource)
            return;
        writer.WriteStartObject("properties"u8);
        if (isResource)
        {
            WriteTypeFields();
            WriteReference("metadata", _descriptions.Of(typeof(V1ConfigMap), nameof(V1ConfigMap.Metadata)), names[typeof(V1ObjectMeta)]);
        }

        foreach (var property in properties.Where(property => !isResource || property.Name is not ("apiVersion" or "kind" or "metadata")))
        {
            writer.WritePropertyName(property.Name);
            WriteSchema(property.Value);
        }

        writer.WriteEndObject();
    }

    private void WriteRequired(JsonElement schema, bool isEmbedded)
    {
        var required = schema.TryGetProperty("required", out var given) ? given.EnumerateArray().Select(name => name.GetString()!).ToList() : [];
        if (dialect.IsVersion2)
            required.RemoveAll(name => MayBeNull(schema, name));
        foreach (var name in isEmbedded ? (string[])["kind", "apiVersion"] : [])
        {
            if (!required.Contains(name))
                required.Add(name);
        }

        if (required.Count > 0)
            writer.WriteStrings("required"u8, required);
    }

    private static bool MayBeNull(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out var property)
            ? IsTrue(property, "nullable")
            : schema.TryGetProperty("additionalProperties", out var others) && IsTrue(others, "nullable");

    /// <summary>Writes int-or-string in keywords that all clients know, where the schema has only the extension.</summary>
    private void WriteIntOrString(JsonElement schema)
    {
        if (!IsTrue(schema, "x-kubernetes-int-or-string") || schema.TryGetProperty("anyOf", out _) || schema.TryGetProperty("allOf", out _))
            return;
        writer.WriteStartArray("anyOf"u8);
        foreach (var type in (string[])["integer", "string"])
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private bool IsKnown(string member) => !dialect.IsVersion2 || !Version3Only.Contains(member);

    private static bool IsTrue(JsonElement schema, string member) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.True;
}
