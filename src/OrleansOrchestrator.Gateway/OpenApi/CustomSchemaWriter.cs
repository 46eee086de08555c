using System.Collections.Frozen;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.CustomResources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes the schemas of custom kinds: those that their definitions give, and what all objects have besides.</summary>
internal sealed class CustomSchemaWriter(Utf8JsonWriter writer, SchemaNames names, OpenApiDialect dialect)
{
    // What OpenAPI 2 has no words for.
    private static readonly FrozenSet<string> Version3Only = FrozenSet.Create(StringComparer.Ordinal, "oneOf", "anyOf", "not", "nullable");

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
        foreach (var member in version.SchemaJson.EnumerateObject())
        {
            if (member.Name is not ("properties" or "type") && IsKnown(member.Name))
                WriteMember(member);
        }

        writer.WriteString("type"u8, "object"u8);
        writer.WriteStartObject("properties"u8);
        WriteTypeFields();
        WriteReference("metadata", _descriptions.Of(typeof(V1ConfigMap), nameof(V1ConfigMap.Metadata)), names[typeof(V1ObjectMeta)]);
        if (version.SchemaJson.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject().Where(property => property.Name is not ("apiVersion" or "kind" or "metadata")))
                WriteMember(property);
        }

        writer.WriteEndObject();
        KindName.WriteAll(writer, [KindName.Of(version)]);
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

    private bool IsKnown(string member) => !dialect.IsVersion2 || !Version3Only.Contains(member);

    /// <summary>Writes a member of a schema; maps of schemas, whose members are fields, are written whole.</summary>
    private void WriteMember(JsonProperty member)
    {
        writer.WritePropertyName(member.Name);
        WriteSchema(member.Value, isMap: member.Name == "properties");
    }

    private void WriteSchema(JsonElement value, bool isMap)
    {
        if (value.ValueKind != JsonValueKind.Object || !dialect.IsVersion2)
        {
            value.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var member in value.EnumerateObject().Where(member => isMap || IsKnown(member.Name)))
        {
            writer.WritePropertyName(member.Name);
            WriteSchema(member.Value, isMap: !isMap && member.Name == "properties");
        }

        writer.WriteEndObject();
    }
}
