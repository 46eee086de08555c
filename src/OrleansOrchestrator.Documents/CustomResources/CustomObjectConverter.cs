using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>Reads and writes custom objects. Version, kind and metadata come first, as in all stored objects.</summary>
internal sealed class CustomObjectConverter : JsonConverter<CustomObject>
{
    /// <inheritdoc/>
    public override CustomObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("the body is not an object");
        var obj = new CustomObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "apiVersion":
                    obj.ApiVersion = ReadText(ref reader, name);
                    break;
                case "kind":
                    obj.Kind = ReadText(ref reader, name);
                    break;
                case "metadata":
                    obj.Metadata = JsonSerializer.Deserialize<V1ObjectMeta>(ref reader, options)!;
                    break;
                default:
                    obj.Content[name] = LenientJson.Read(ref reader);
                    break;
            }
        }

        return obj;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CustomObject value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion"u8, value.ApiVersion);
        writer.WriteString("kind"u8, value.Kind);
        writer.WritePropertyName("metadata"u8);
        JsonSerializer.Serialize(writer, value.Metadata, options);
        foreach (var (name, node) in value.Content)
        {
            writer.WritePropertyName(name);
            if (node is null)
                writer.WriteNullValue();
            else
                node.WriteTo(writer, options);
        }

        writer.WriteEndObject();
    }

    private static string? ReadText(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => throw new JsonException($"{name} is not a string"),
    };
}
