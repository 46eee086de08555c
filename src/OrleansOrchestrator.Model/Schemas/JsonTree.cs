using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Schemas;

/// <summary>Reads JSON into nodes that can be changed. Of members of the same name the last one counts, as in the models.</summary>
internal static class JsonTree
{
    /// <summary>Reads a value.</summary>
    /// <exception cref="JsonException">It is malformed.</exception>
    public static JsonNode? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        reader.Read();
        var node = Read(ref reader);
        if (reader.Read())
            throw new JsonException("there is something after the value");
        return node;
    }

    /// <summary>Reads the value that the reader stands on, and leaves it on the value's last token.</summary>
    public static JsonNode? Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => ReadObject(ref reader),
        JsonTokenType.StartArray => ReadArray(ref reader),
        JsonTokenType.String => JsonValue.Create(reader.GetString()),
        JsonTokenType.Number => reader.TryGetInt64(out var integer) ? JsonValue.Create(integer) : JsonValue.Create(ReadNumber(ref reader)),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        _ => null,
    };

    // Everybody else reads what is stored as double numbers, so that nothing else is kept.
    private static double ReadNumber(ref Utf8JsonReader reader)
    {
        if (reader.TryGetDouble(out var number) && double.IsFinite(number))
            return number;
        var fault = $"json: cannot unmarshal number {Encoding.UTF8.GetString(reader.ValueSpan)} into Go value of type float64";
        throw new JsonException(fault, new ValueFormatException(fault));
    }

    /// <summary>A value as nodes of its own.</summary>
    public static JsonNode? Of(JsonElement element)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(element);
        return Read(json);
    }

    /// <summary>A model as nodes.</summary>
    public static JsonObject Of(k8s.Models.V1ObjectMeta metadata) => (JsonObject)Read(ObjectCodec.Encode(metadata))!;

    private static JsonObject ReadObject(ref Utf8JsonReader reader)
    {
        var obj = new JsonObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            obj[name] = Read(ref reader);
        }

        return obj;
    }

    private static JsonArray ReadArray(ref Utf8JsonReader reader)
    {
        var array = new JsonArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            array.Add(Read(ref reader));
        return array;
    }
}
