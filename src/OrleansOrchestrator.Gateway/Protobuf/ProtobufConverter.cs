using System.Buffers;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>
/// Converts objects from Kubernetes' protobuf encoding to JSON. kubectl and the Go client library send the kinds that they know in this
/// encoding and do not fall back to another.
/// </summary>
/// <remarks>
/// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding. The encoding cannot tell an absent number from zero;
/// zero means absent unless the field's schema says otherwise.
/// </remarks>
internal static class ProtobufConverter
{
    /// <summary>The first bytes of every object.</summary>
    public static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>Converts an object to JSON.</summary>
    /// <exception cref="FormatException">The bytes are no object of a known kind.</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Magic))
            throw new FormatException("the body does not begin like an object in protobuf");
        ReadEnvelope(bytes[Magic.Length..], out var apiVersion, out var kind, out var raw);
        var fields = ProtobufSchema.Instance.FindKind(apiVersion, kind)
            ?? throw new FormatException($"kind {kind} of {apiVersion} is not known in protobuf; send it as JSON");

        var json = new ArrayBufferWriter<byte>(bytes.Length * 2);
        using (var writer = new Utf8JsonWriter(json, JsonWriting.Compact))
        {
            writer.WriteStartObject();
            writer.WriteString("kind"u8, kind);
            writer.WriteString("apiVersion"u8, apiVersion);
            WriteFields(writer, fields, raw, ObjectCodec.DepthMax);
            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }

    /// <summary>Writes a message as a JSON object.</summary>
    /// <exception cref="FormatException">The message is malformed or nested too deeply.</exception>
    public static void WriteMessage(Utf8JsonWriter writer, string name, ReadOnlySpan<byte> message, int depth)
    {
        writer.WriteStartObject();
        WriteFields(writer, ProtobufSchema.Instance.Find(name)!, message, depth - 1);
        writer.WriteEndObject();
    }

    // The envelope is runtime.Unknown: typeMeta is 1 (apiVersion 1, kind 2), raw is 2.
    private static void ReadEnvelope(ReadOnlySpan<byte> bytes, out string apiVersion, out string kind, out ReadOnlySpan<byte> raw)
    {
        apiVersion = "";
        kind = "";
        raw = default;
        var reader = new WireReader(bytes);
        while (reader.TryReadTag())
        {
            switch (reader.Number)
            {
                case 1:
                    var type = new WireReader(reader.ReadBytes());
                    while (type.TryReadTag())
                    {
                        if (type.Number == 1)
                            apiVersion = ProtobufScalars.ReadText(type.ReadBytes());
                        else if (type.Number == 2)
                            kind = ProtobufScalars.ReadText(type.ReadBytes());
                        else
                            type.Skip();
                    }

                    break;
                case 2:
                    raw = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static void WriteFields(Utf8JsonWriter writer, ProtobufField?[] fields, ReadOnlySpan<byte> message, int depth)
    {
        if (depth == 0)
            throw new FormatException($"the object is nested deeper than {ObjectCodec.DepthMax} levels");
        // Encoders write fields in order. If one does not, a field that occurs twice would become a duplicate property.
        var reader = new WireReader(FieldOrder.IsKept(message, fields) ? message : FieldOrder.Restore(message, fields));
        while (reader.TryReadTag())
        {
            if (reader.Number < fields.Length && fields[reader.Number] is { } field)
                WriteField(writer, field, ref reader, depth);
            else
                reader.Skip();
        }
    }

    private static void WriteField(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader, int depth)
    {
        switch (field.Shape)
        {
            case ProtobufShape.List:
                writer.WriteStartArray(field.Name);
                do
                    WriteItems(writer, field, ref reader, depth);
                while (reader.TryReadSameNumber());
                writer.WriteEndArray();
                break;
            case ProtobufShape.Map:
                WriteMap(writer, field, ref reader, depth);
                break;
            default:
                WriteSingle(writer, field, ref reader, depth);
                break;
        }
    }

    private static void WriteSingle(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader, int depth)
    {
        switch (field.Type)
        {
            case FieldType.Message when field.IsInlined:
                WriteFields(writer, field.Message, reader.ReadBytes(), depth - 1);
                break;
            case FieldType.Message:
                writer.WriteStartObject(field.Name);
                WriteFields(writer, field.Message, reader.ReadBytes(), depth - 1);
                writer.WriteEndObject();
                break;
            case FieldType.WellKnown:
                WellKnownDecoder.WriteProperty(writer, field, reader.ReadBytes(), depth);
                break;
            default:
                ProtobufScalars.WriteProperty(writer, field, ref reader);
                break;
        }
    }

    /// <summary>Writes one item, or several numbers packed into one field.</summary>
    private static void WriteItems(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader, int depth)
    {
        if (reader.WireType != 2 || field.Type is not (FieldType.Integer or FieldType.Boolean or FieldType.Double))
        {
            WriteItem(writer, field, ref reader, depth);
            return;
        }

        var packed = new WireReader(reader.ReadBytes(), reader.Number, field.Type == FieldType.Double ? 1 : 0);
        while (!packed.IsAtEnd)
            WriteItem(writer, field, ref packed, depth);
    }

    /// <summary>Writes a map; the last entry of a key counts.</summary>
    private static void WriteMap(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader, int depth)
    {
        var entries = reader;
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        var count = 0;
        do
            last[KeyOf(entries.ReadBytes())] = count++;
        while (entries.TryReadSameNumber());

        writer.WriteStartObject(field.Name);
        for (var i = 0; i < count; i++)
        {
            var entry = reader.ReadBytes();
            if (last[KeyOf(entry)] == i)
                WriteEntry(writer, field, entry, depth);
            reader.TryReadSameNumber();
        }

        writer.WriteEndObject();
    }

    private static string KeyOf(ReadOnlySpan<byte> entry)
    {
        var reader = new WireReader(entry);
        var key = "";
        while (reader.TryReadTag())
        {
            if (reader.Number == 1)
                key = ProtobufScalars.ReadText(reader.ReadBytes());
            else
                reader.Skip();
        }

        return key;
    }

    private static void WriteItem(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader, int depth)
    {
        if (field.Type == FieldType.Message)
        {
            writer.WriteStartObject();
            WriteFields(writer, field.Message, reader.ReadBytes(), depth - 1);
            writer.WriteEndObject();
        }
        else if (field.Type == FieldType.WellKnown)
        {
            WellKnownDecoder.Write(writer, field.TypeName, reader.ReadBytes(), depth);
        }
        else
        {
            ProtobufScalars.WriteValue(writer, field.Type, ref reader);
        }
    }

    // A map is a list of messages: key is 1, value is 2, and either may be omitted when empty.
    private static void WriteEntry(Utf8JsonWriter writer, ProtobufField field, ReadOnlySpan<byte> entry, int depth)
    {
        writer.WritePropertyName(KeyOf(entry));
        var reader = new WireReader(entry);
        while (reader.TryReadTag())
        {
            if (reader.Number == 2)
            {
                WriteItem(writer, field, ref reader, depth);
                return;
            }

            reader.Skip();
        }

        if (field.Type == FieldType.WellKnown)
            WellKnownDecoder.Write(writer, field.TypeName, [], depth);
        else
            ProtobufScalars.WriteEmpty(writer, field.Type);
    }
}
