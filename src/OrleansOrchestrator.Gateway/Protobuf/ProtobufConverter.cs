using System.Buffers;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>
/// Turns objects in Kubernetes' protobuf encoding into their JSON. kubectl and the Go client library send the kinds they know
/// in this encoding and do not fall back to another; they are content with JSON in answer.
/// </summary>
/// <remarks>
/// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding. The encoding cannot tell an absent number
/// from zero; zero means absent unless the field's schema says otherwise.
/// </remarks>
internal static class ProtobufConverter
{
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>Turns an object into JSON.</summary>
    /// <exception cref="FormatException">The bytes are not an object of a kind that is known.</exception>
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
        var reader = new WireReader(message);
        var previous = 0;
        while (reader.TryReadTag())
        {
            // Encoders write fields in order; a field that came back would be a property twice.
            if (reader.Number <= previous)
                throw new FormatException($"protobuf field {reader.Number} is out of order");
            previous = reader.Number;
            if (reader.Number < fields.Length && fields[reader.Number] is { } field)
                WriteField(writer, field, ref reader, depth);
            else
                SkipAll(ref reader);
        }
    }

    private static void SkipAll(ref WireReader reader)
    {
        do
            reader.Skip();
        while (reader.TryReadSameTag());
    }

    private static void WriteField(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader, int depth)
    {
        switch (field.Shape)
        {
            case FieldShape.List:
                writer.WriteStartArray(field.Name);
                do
                    WriteItem(writer, field, ref reader, depth);
                while (reader.TryReadSameTag());
                writer.WriteEndArray();
                break;
            case FieldShape.Map:
                writer.WriteStartObject(field.Name);
                do
                    WriteEntry(writer, field, reader.ReadBytes(), depth);
                while (reader.TryReadSameTag());
                writer.WriteEndObject();
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
                WriteFields(writer, MessageOf(field), reader.ReadBytes(), depth - 1);
                break;
            case FieldType.Message:
                writer.WriteStartObject(field.Name);
                WriteFields(writer, MessageOf(field), reader.ReadBytes(), depth - 1);
                writer.WriteEndObject();
                break;
            case FieldType.WellKnown:
                ProtobufScalars.WriteWellKnownProperty(writer, field, reader.ReadBytes());
                break;
            default:
                ProtobufScalars.WriteProperty(writer, field, ref reader);
                break;
        }
    }

    private static void WriteItem(Utf8JsonWriter writer, ProtobufField field, ref WireReader reader, int depth)
    {
        if (field.Type == FieldType.Message)
        {
            writer.WriteStartObject();
            WriteFields(writer, MessageOf(field), reader.ReadBytes(), depth - 1);
            writer.WriteEndObject();
        }
        else if (field.Type == FieldType.WellKnown)
        {
            ProtobufScalars.WriteWellKnown(writer, field.TypeName, reader.ReadBytes());
        }
        else
        {
            ProtobufScalars.WriteValue(writer, field.Type, ref reader);
        }
    }

    // A map is a list of messages: key is 1, value is 2, and either may be left out if it is empty.
    private static void WriteEntry(Utf8JsonWriter writer, ProtobufField field, ReadOnlySpan<byte> entry, int depth)
    {
        var reader = new WireReader(entry);
        var key = "";
        while (reader.TryReadTag())
        {
            switch (reader.Number)
            {
                case 1:
                    key = ProtobufScalars.ReadText(reader.ReadBytes());
                    break;
                case 2:
                    writer.WritePropertyName(key);
                    WriteItem(writer, field, ref reader, depth);
                    return;
                default:
                    reader.Skip();
                    break;
            }
        }

        writer.WritePropertyName(key);
        ProtobufScalars.WriteEmpty(writer, field.Type);
    }

    private static ProtobufField?[] MessageOf(ProtobufField field) => ProtobufSchema.Instance.Find(field.TypeName)!;
}
