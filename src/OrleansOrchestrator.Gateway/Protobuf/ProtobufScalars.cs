using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>Reads values, and writes them as JSON.</summary>
internal static class ProtobufScalars
{
    /// <summary>Reads a string. Invalid UTF-8 becomes U+FFFD.</summary>
    public static string ReadText(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Reads an integer or a boolean.</summary>
    /// <exception cref="FormatException">The field has another wire type.</exception>
    public static long ReadInteger(ref WireReader reader) => reader.WireType == 0
        ? (long)reader.ReadVarint()
        : throw new FormatException($"protobuf field {reader.Number} has wire type {reader.WireType} instead of 0");

    /// <summary>Writes a property, unless its value means absent.</summary>
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

    /// <summary>Writes the value of an entry without one.</summary>
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
}
