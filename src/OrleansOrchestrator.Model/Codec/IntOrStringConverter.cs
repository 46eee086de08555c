using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Values that are a 32-bit integer or a text. The model holds both as text, so that a text of digits is a number.</summary>
internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString()!;
            case JsonTokenType.Number when reader.TryGetInt32(out var number):
                return number;
        }

        var kind = reader.TokenType switch
        {
            JsonTokenType.Number => $"number {Encoding.UTF8.GetString(reader.ValueSpan)}",
            JsonTokenType.StartObject => "object",
            JsonTokenType.StartArray => "array",
            _ => "bool",
        };
        var fault = $"json: cannot unmarshal {kind} into Go value of type int32";
        throw new JsonException(fault, new ValueFormatException(fault));
    }

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (int.TryParse(value.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number.ToString(CultureInfo.InvariantCulture) == value.Value)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(value.Value);
        }
    }
}
