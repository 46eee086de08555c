using System.Text.Json;
using k8s.Models;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes the schemas of model types.</summary>
/// <param name="writer">Where to.</param>
/// <param name="names">The names of schemas.</param>
/// <param name="referencePrefix">What precedes a name in a reference, which differs between OpenAPI's versions.</param>
internal sealed class SchemaWriter(Utf8JsonWriter writer, SchemaNames names, string referencePrefix)
{
    /// <summary>Writes the schema of a type as a property under its name.</summary>
    /// <param name="type">The type.</param>
    /// <param name="kind">The group, version and kind it is the model of; null if it is a part.</param>
    public void WriteNamed(Type type, KindName? kind)
    {
        writer.WriteStartObject(names[type]);
        if (type == typeof(ResourceQuantity))
        {
            writer.WriteString("type"u8, "string"u8);
        }
        else if (type == typeof(IntOrString))
        {
            writer.WriteString("type"u8, "string"u8);
            writer.WriteString("format"u8, "int-or-string"u8);
        }
        else
        {
            WriteObject(type, kind);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a reference to the schema of a type as an object.</summary>
    public void WriteReference(Type type)
    {
        writer.WriteStartObject();
        writer.WriteString("$ref"u8, referencePrefix + names[type]);
        writer.WriteEndObject();
    }

    private void WriteObject(Type type, KindName? kind)
    {
        writer.WriteString("type"u8, "object"u8);
        var properties = ModelShape.PropertiesOf(type);
        if (properties.Count > 0)
        {
            writer.WriteStartObject("properties"u8);
            foreach (var property in properties)
            {
                writer.WritePropertyName(property.Name);
                WriteValue(property.PropertyType);
            }

            writer.WriteEndObject();
        }

        if (kind is { } known)
        {
            writer.WriteStartArray(KindName.Extension);
            known.Write(writer);
            writer.WriteEndArray();
        }
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
        if (ModelShape.ElementOf(bare) is { } element)
        {
            writer.WriteString("type"u8, "array"u8);
            writer.WritePropertyName("items"u8);
            WriteValue(element);
        }
        else if (ModelShape.ValueOf(bare) is { } value)
        {
            writer.WriteString("type"u8, "object"u8);
            writer.WritePropertyName("additionalProperties"u8);
            WriteValue(value);
        }
        else
        {
            WriteScalar(bare);
        }

        writer.WriteEndObject();
    }

    private void WriteScalar(Type type)
    {
        var (name, format) = ScalarOf(type);
        writer.WriteString("type"u8, name);
        if (format.Length > 0)
            writer.WriteString("format"u8, format);
        // What the models keep as any JSON is kept as it comes.
        if (name == "object")
            writer.WriteBoolean("x-kubernetes-preserve-unknown-fields"u8, true);
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
