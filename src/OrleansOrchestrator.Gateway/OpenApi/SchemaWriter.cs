using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes the schemas of model types.</summary>
/// <param name="writer">The output.</param>
/// <param name="names">The names of schemas.</param>
/// <param name="dialect">The version of OpenAPI.</param>
internal sealed class SchemaWriter(Utf8JsonWriter writer, SchemaNames names, OpenApiDialect dialect)
{
    // Unions whose members exclude each other: a patch lists the members to keep. The server accepts such lists on any field.
    private static readonly FrozenSet<(Type, string)> RetainingKeys =
        FrozenSet.Create((typeof(V1PodSpec), "volumes"), (typeof(V1PodSpec), "resourceClaims"), (typeof(V1DeploymentSpec), "strategy"));

    private readonly ModelDescriptions _descriptions = ModelDescriptions.Load();

    /// <summary>Writes the schema of a type under its name.</summary>
    /// <param name="type">The type.</param>
    /// <param name="kinds">The groups, versions and kinds of the model; none if it is a part.</param>
    public void WriteNamed(Type type, IEnumerable<KindName> kinds)
    {
        writer.WriteStartObject(names[type]);
        writer.WriteStringIfAny("description"u8, _descriptions.Of(type));
        if (type == typeof(ResourceQuantity))
            WriteEither("string", "number");
        else if (type == typeof(IntOrString))
            WriteIntOrString();
        else
            WriteObject(type);
        WriteMarkers(FieldMarkers.OfType(type));
        KindName.WriteAll(writer, kinds);
        writer.WriteEndObject();
        CompressedDocument.FlushIfLarge(writer);
    }

    /// <summary>Writes a reference to a type's schema.</summary>
    public void WriteReference(Type type)
    {
        writer.WriteStartObject();
        WriteReferenceField(type);
        writer.WriteEndObject();
    }

    private void WriteReferenceField(Type type) => writer.WriteString("$ref"u8, dialect.ReferencePrefix + names[type]);

    private void WriteObject(Type type)
    {
        writer.WriteString("type"u8, "object"u8);
        var properties = ModelShape.PropertiesOf(type);
        if (properties.Count == 0)
            return;
        var required = properties.Where(IsRequired).Select(property => property.Name).Order(StringComparer.Ordinal).ToList();
        if (required.Count > 0)
            writer.WriteStrings("required"u8, required);
        writer.WriteStartObject("properties"u8);
        foreach (var property in properties)
            WriteProperty(type, property);
        writer.WriteEndObject();
    }

    /// <summary>Whether a value is required, as far as the model shows it: numbers and booleans that cannot be null.</summary>
    private static bool IsRequired(JsonPropertyInfo property) =>
        property.IsRequired || (property.PropertyType.IsValueType && Nullable.GetUnderlyingType(property.PropertyType) is null);

    private void WriteProperty(Type owner, JsonPropertyInfo property)
    {
        writer.WriteStartObject(property.Name);
        writer.WriteStringIfAny("description"u8, _descriptions.Of(owner, ModelShape.CodeNameOf(property)));
        WriteStrategy(owner, property.Name);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        WriteMarkers(FieldMarkers.OfField(owner, property.Name, type));
        if (!ModelShape.IsNamed(type))
        {
            WriteShape(type);
        }
        else if (dialect.IsVersion2)
        {
            WriteReferenceField(type);
        }
        else
        {
            // OpenAPI 3 ignores siblings of a reference.
            writer.WriteStartArray("allOf"u8);
            WriteReference(type);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteStrategy(Type owner, string property)
    {
        var strategy = PatchStrategies.Of(owner, property);
        if (strategy.MergeKey is { } key)
            writer.WriteString("x-kubernetes-patch-merge-key"u8, key);
        var words = new List<string>();
        if (strategy.MergesList)
            words.Add("merge");
        if (strategy.ReplacesObject)
            words.Add("replace");
        if (RetainingKeys.Contains((owner, property)))
            words.Add("retainKeys");
        if (words.Count > 0)
            writer.WriteString("x-kubernetes-patch-strategy"u8, string.Join(',', words));
    }

    private void WriteMarkers(FieldMarkers markers)
    {
        if (markers.ListMapKeys.Count > 0)
            writer.WriteStrings("x-kubernetes-list-map-keys"u8, markers.ListMapKeys);
        if (markers.ListType is { } listType)
            writer.WriteString("x-kubernetes-list-type"u8, listType);
        if (markers.MapType is { } mapType)
            writer.WriteString("x-kubernetes-map-type"u8, mapType);
    }

    private void WriteValue(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (ModelShape.IsNamed(bare))
        {
            WriteReference(bare);
            return;
        }

        writer.WriteStartObject();
        WriteShape(bare);
        writer.WriteEndObject();
    }

    private void WriteShape(Type type)
    {
        if (ModelShape.ElementOf(type) is { } element)
        {
            writer.WriteString("type"u8, "array"u8);
            writer.WritePropertyName("items"u8);
            WriteValue(element);
        }
        else if (ModelShape.ValueOf(type) is { } value)
        {
            writer.WriteString("type"u8, "object"u8);
            writer.WritePropertyName("additionalProperties"u8);
            WriteValue(value);
        }
        else
        {
            WriteScalar(type);
        }
    }

    private void WriteScalar(Type type)
    {
        var (name, format) = ScalarOf(type);
        writer.WriteString("type"u8, name);
        writer.WriteStringIfAny("format"u8, format);
        // Values that the models keep as raw JSON allow anything.
        if (name == "object")
            writer.WriteBoolean("x-kubernetes-preserve-unknown-fields"u8, true);
    }

    private void WriteIntOrString()
    {
        writer.WriteString("format"u8, "int-or-string"u8);
        WriteEither("string", "integer");
    }

    /// <summary>Writes a choice between two types. OpenAPI 2 cannot express it; there the type is a string.</summary>
    private void WriteEither(string type, string other)
    {
        if (dialect.IsVersion2)
        {
            writer.WriteString("type"u8, type);
            return;
        }

        writer.WriteStartArray("oneOf"u8);
        foreach (var either in (string[])[type, other])
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, either);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static (string Type, string Format) ScalarOf(Type type) => type switch
    {
        _ when type == typeof(string) => ("string", ""),
        _ when type == typeof(bool) => ("boolean", ""),
        _ when type == typeof(int) => ("integer", "int32"),
        _ when type == typeof(long) => ("integer", "int64"),
        _ when type == typeof(double) => ("number", "double"),
        _ when type == typeof(byte[]) => ("string", "byte"),
        _ when type == typeof(DateTime) || type == typeof(DateTimeOffset) => ("string", "date-time"),
        _ => ("object", ""),
    };
}
