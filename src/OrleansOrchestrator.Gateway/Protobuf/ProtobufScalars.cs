using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>Writes values, and the few messages that JSON has a form of its own for.</summary>
internal static class ProtobufScalars
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a string.</summary>
    /// <exception cref="FormatException">It is not UTF-8.</exception>
    public static string ReadText(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException malformed)
        {
            throw new FormatException("a protobuf string is not UTF-8", malformed);
        }
    }

    /// <summary>Writes a property, unless its value means that there is none.</summary>
    public static void WriteProperty(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader)
    {
        switch (field.Type)
        {
            case FieldType.Text:
                var text = ReadText(reader.ReadBytes());
                if (text.Length > 0 || field.KeepsZero)
                    writer.WriteString(field.Name, text);
                break;
            case FieldType.Bytes:
                writer.WriteBase64String(field.Name, reader.ReadBytes());
                break;
            case FieldType.Integer:
                var number = ReadInteger(ref reader);
                if (number != 0 || field.KeepsZero)
                    writer.WriteNumber(field.Name, number);
                break;
            case FieldType.Boolean:
                var flag = ReadInteger(ref reader) != 0;
                if (flag || field.KeepsZero)
                    writer.WriteBoolean(field.Name, flag);
                break;
            default:
                writer.WriteNumber(field.Name, reader.ReadDouble());
                break;
        }
    }

    /// <summary>Writes an item of a list or the value of an entry.</summary>
    public static void WriteValue(Utf8JsonWriter writer, FieldType type, ref WireReader reader)
    {
        switch (type)
        {
            case FieldType.Text:
                writer.WriteStringValue(ReadText(reader.ReadBytes()));
                break;
            case FieldType.Bytes:
                writer.WriteBase64StringValue(reader.ReadBytes());
                break;
            case FieldType.Integer:
                writer.WriteNumberValue(ReadInteger(ref reader));
                break;
            case FieldType.Boolean:
                writer.WriteBooleanValue(ReadInteger(ref reader) != 0);
                break;
            default:
                writer.WriteNumberValue(reader.ReadDouble());
                break;
        }
    }

    /// <summary>Writes the value of an entry that has none.</summary>
    public static void WriteEmpty(Utf8JsonWriter writer, FieldType type)
    {
        switch (type)
        {
            case FieldType.Integer or FieldType.Double:
                writer.WriteNumberValue(0);
                break;
            case FieldType.Boolean:
                writer.WriteBooleanValue(false);
                break;
            case FieldType.Message:
                writer.WriteStartObject();
                writer.WriteEndObject();
                break;
            default:
                writer.WriteStringValue("");
                break;
        }
    }

    /// <summary>Writes a property whose message has a JSON form of its own; a time that is not set is left out.</summary>
    public static void WriteWellKnownProperty(Utf8JsonWriter writer, ProtobufField field, ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty && field.TypeName is "Time" or "MicroTime")
            return;
        writer.WritePropertyName(field.Name);
        WriteWellKnown(writer, field.TypeName, message);
    }

    /// <summary>Writes a message that has a JSON form of its own.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static void WriteWellKnown(Utf8JsonWriter writer, string type, ReadOnlySpan<byte> message)
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
            case "ExtraValue":
                WriteTexts(writer, message);
                break;
            case "Duration":
                WriteDuration(writer, message);
                break;
            default:
                WriteRawJson(writer, message);
                break;
        }
    }

    private static long ReadInteger(ref WireReader reader) => reader.WireType == 0
        ? (long)reader.ReadVarint()
        : throw new FormatException($"protobuf field {reader.Number} has wire type {reader.WireType} instead of 0");

    private static string FirstText(ReadOnlySpan<byte> message, string fallback)
    {
        var reader = new WireReader(message);
        while (reader.TryReadTag())
        {
            if (reader.Number == 1)
                return ReadText(reader.ReadBytes());
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
                    isText = ReadInteger(ref reader) != 0;
                    break;
                case 2:
                    number = ReadInteger(ref reader);
                    break;
                case 3:
                    text = ReadText(reader.ReadBytes());
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

    private static void WriteDuration(Utf8JsonWriter writer, ReadOnlySpan<byte> message)
    {
        var (nanoseconds, _) = ReadPair(message);
        writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9}s"));
    }

    private static (long First, long Second) ReadPair(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        long first = 0, second = 0;
        while (reader.TryReadTag())
        {
            if (reader.Number == 1)
                first = ReadInteger(ref reader);
            else if (reader.Number == 2)
                second = ReadInteger(ref reader);
            else
                reader.Skip();
        }

        return (first, second);
    }

    private static void WriteTexts(Utf8JsonWriter writer, ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        writer.WriteStartArray();
        while (reader.TryReadTag())
        {
            if (reader.Number == 1)
                writer.WriteStringValue(ReadText(reader.ReadBytes()));
            else
                reader.Skip();
        }

        writer.WriteEndArray();
    }

    // RawExtension and FieldsV1 carry JSON in their first field.
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
