using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>Writes messages with a special form in JSON.</summary>
internal static class WellKnownEncoder
{
    private const string SchemaMessage = "apiextensions.v1.JSONSchemaProps";

    /// <summary>Writes a message's content.</summary>
    public static void Write(WireWriter writer, string type, JsonElement value)
    {
        switch (type)
        {
            case "Quantity":
                writer.Text(1, value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
                break;
            case "IntOrString":
                WriteIntOrString(writer, value);
                break;
            case "Time" or "MicroTime":
                WriteTime(writer, value, isMicro: type == "MicroTime");
                break;
            case "Texts":
                WriteTexts(writer, 1, value);
                break;
            case "SchemaOrFlag":
                if (value.ValueKind == JsonValueKind.Object)
                    WriteSchema(writer, 2, value);
                writer.Integer(1, value.ValueKind == JsonValueKind.False ? 0 : 1);
                break;
            case "SchemaOrList" when value.ValueKind == JsonValueKind.Array:
                for (var i = value.GetArrayLength() - 1; i >= 0; i--)
                    WriteSchema(writer, 2, value[i]);
                break;
            case "SchemaOrTexts" when value.ValueKind == JsonValueKind.Array:
                WriteTexts(writer, 2, value);
                break;
            case "SchemaOrList" or "SchemaOrTexts":
                WriteSchema(writer, 1, value);
                break;
            default:
                writer.Bytes(1, JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }

    // type is 1 (0 for a number), intVal is 2, strVal is 3.
    private static void WriteIntOrString(WireWriter writer, JsonElement value)
    {
        var isText = value.ValueKind == JsonValueKind.String;
        writer.Text(3, isText ? value.GetString()! : "");
        writer.Integer(2, isText ? 0 : value.GetInt32());
        writer.Integer(1, isText ? 1 : 0);
    }

    // seconds since 1970 is 1, nanoseconds is 2.
    private static void WriteTime(WireWriter writer, JsonElement value, bool isMicro)
    {
        if (!DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return;
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        if (rest < 0)
            (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        writer.Integer(2, isMicro ? rest * TimeSpan.NanosecondsPerTick : 0);
        writer.Integer(1, seconds);
    }

    private static void WriteTexts(WireWriter writer, int number, JsonElement texts)
    {
        for (var i = texts.GetArrayLength() - 1; i >= 0; i--)
            writer.Text(number, texts[i].GetString() ?? "");
    }

    private static void WriteSchema(WireWriter writer, int number, JsonElement schema)
    {
        var before = writer.Length;
        ProtobufEncoder.WriteFields(writer, ProtobufSchema.Instance.Find(SchemaMessage)!, schema);
        writer.Close(number, before);
    }
}
