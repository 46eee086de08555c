using System.Globalization;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>Reads messages with a special form in JSON.</summary>
internal static class WellKnownDecoder
{
    private const string SchemaMessage = "apiextensions.v1.JSONSchemaProps";

    /// <summary>Writes a property with a special JSON form; omits a time that is not set.</summary>
    public static void WriteProperty(Utf8JsonWriter writer, ProtobufField field, ReadOnlySpan<byte> message, int depth)
    {
        if (message.IsEmpty && field.TypeName is "Time" or "MicroTime")
            return;
        writer.WritePropertyName(field.Name);
        Write(writer, field.TypeName, message, depth);
    }

    /// <summary>Writes a message with a special JSON form.</summary>
    /// <exception cref="FormatException">The message is malformed.</exception>
    public static void Write(Utf8JsonWriter writer, string type, ReadOnlySpan<byte> message, int depth)
    {
        switch (type)
        {
            case "Quantity":
                writer.WriteStringValue(FirstText(message, fallback: "0"));
                break;
            case "IntOrString":
                WriteIntOrString(writer, message);
                break;
            case "Time" or "MicroTime":
                WriteTime(writer, message, hasFraction: type == "MicroTime");
                break;
            case "Texts":
                WriteTexts(writer, message, number: 1);
                break;
            case "SchemaOrFlag" or "SchemaOrList" or "SchemaOrTexts":
                WriteSchemaOrOther(writer, type, message, depth);
                break;
            default:
                WriteRawJson(writer, message);
                break;
        }
    }

    private static string FirstText(ReadOnlySpan<byte> message, string fallback)
    {
        var reader = new WireReader(message);
        while (reader.TryReadTag())
        {
            if (reader.Number == 1)
                return ProtobufScalars.ReadText(reader.ReadBytes());
            reader.Skip();
        }

        return fallback;
    }

    // type is 1 (0 for a number), intVal is 2, strVal is 3.
    private static void WriteIntOrString(Utf8JsonWriter writer, ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        var isText = false;
        long number = 0;
        var text = "";
        while (reader.TryReadTag())
        {
            switch (reader.Number)
            {
                case 1:
                    isText = ProtobufScalars.ReadInteger(ref reader) != 0;
                    break;
                case 2:
                    number = ProtobufScalars.ReadInteger(ref reader);
                    break;
                case 3:
                    text = ProtobufScalars.ReadText(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (isText)
            writer.WriteStringValue(text);
        else
            writer.WriteNumberValue(number);
    }

    // seconds since 1970 is 1, nanoseconds is 2.
    private static void WriteTime(Utf8JsonWriter writer, ReadOnlySpan<byte> message, bool hasFraction)
    {
        var (seconds, nanoseconds) = ReadPair(message);
        if (seconds is < -62135596800 or > 253402300799)
            throw new FormatException("a protobuf time is out of range");
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(Math.Clamp(nanoseconds, 0, 999_999_999) / 100);
        writer.WriteStringValue(time.ToString(
            hasFraction ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    private static (long First, long Second) ReadPair(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        long first = 0, second = 0;
        while (reader.TryReadTag())
        {
            if (reader.Number == 1)
                first = ProtobufScalars.ReadInteger(ref reader);
            else if (reader.Number == 2)
                second = ProtobufScalars.ReadInteger(ref reader);
            else
                reader.Skip();
        }

        return (first, second);
    }

    private static void WriteTexts(Utf8JsonWriter writer, ReadOnlySpan<byte> message, int number)
    {
        var reader = new WireReader(message);
        writer.WriteStartArray();
        while (reader.TryReadTag())
        {
            if (reader.Number == number)
                writer.WriteStringValue(ProtobufScalars.ReadText(reader.ReadBytes()));
            else
                reader.Skip();
        }

        writer.WriteEndArray();
    }

    // A schema-or-boolean has the boolean in 1 and the schema in 2; the others have the schema in 1 and a list in 2.
    private static void WriteSchemaOrOther(Utf8JsonWriter writer, string type, ReadOnlySpan<byte> message, int depth)
    {
        var (schemaNumber, otherNumber) = type == "SchemaOrFlag" ? (2, 1) : (1, 2);
        var reader = new WireReader(message);
        var (hasSchema, hasOther, flag) = (false, false, false);
        ReadOnlySpan<byte> schema = default;
        while (reader.TryReadTag())
        {
            if (reader.Number == schemaNumber)
            {
                hasSchema = true;
                schema = reader.ReadBytes();
            }
            else if (reader.Number == otherNumber && type == "SchemaOrFlag")
            {
                flag = ProtobufScalars.ReadInteger(ref reader) != 0;
            }
            else
            {
                hasOther |= reader.Number == otherNumber;
                reader.Skip();
            }
        }

        if (hasOther && type == "SchemaOrList")
            WriteSchemas(writer, message, otherNumber, depth);
        else if (hasOther)
            WriteTexts(writer, message, otherNumber);
        else if (hasSchema)
            ProtobufConverter.WriteMessage(writer, SchemaMessage, schema, depth);
        else if (type == "SchemaOrFlag")
            writer.WriteBooleanValue(flag);
        else
            writer.WriteNullValue();
    }

    private static void WriteSchemas(Utf8JsonWriter writer, ReadOnlySpan<byte> message, int number, int depth)
    {
        var reader = new WireReader(message);
        writer.WriteStartArray();
        while (reader.TryReadTag())
        {
            if (reader.Number == number)
                ProtobufConverter.WriteMessage(writer, SchemaMessage, reader.ReadBytes(), depth);
            else
                reader.Skip();
        }

        writer.WriteEndArray();
    }

    // Such a message contains JSON in its first field.
    private static void WriteRawJson(Utf8JsonWriter writer, ReadOnlySpan<byte> message)
    {
        var json = FirstText(message, fallback: "null");
        try
        {
            writer.WriteRawValue(json.Length == 0 ? "null" : json);
        }
        catch (JsonException malformed)
        {
            throw new FormatException("JSON within protobuf is malformed", malformed);
        }
    }
}
