using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Quantities in JSON: a text such as <c>"64Mi"</c>, or a number.</summary>
internal sealed class QuantityConverter : JsonConverter<ResourceQuantity>
{
    // Texts with escapes are decoded on the stack, and refused above this size: no sensible quantity has any.
    private const int BytesMax = 256;

    public override ResourceQuantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
            throw new JsonException();
        try
        {
            if (reader is { HasValueSequence: false, ValueIsEscaped: false })
                return ParsedQuantity.Read(reader.ValueSpan.Trim(" \t\r\n"u8));
            Span<byte> text = stackalloc byte[BytesMax];
            var bytes = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
            if (bytes > BytesMax)
                throw new QuantityException("unable to parse numeric part of quantity");
            return ParsedQuantity.Read(text[..reader.CopyString(text)].Trim(" \t\r\n"u8));
        }
        catch (QuantityException malformed)
        {
            throw new JsonException(malformed.Message, malformed);
        }
    }

    public override void Write(Utf8JsonWriter writer, ResourceQuantity value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
