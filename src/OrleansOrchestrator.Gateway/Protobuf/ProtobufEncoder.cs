using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>Converts objects from JSON to Kubernetes' protobuf encoding; the counterpart of <see cref="ProtobufConverter"/>.</summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding</remarks>
internal static class ProtobufEncoder
{
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = ObjectCodec.DepthMax };

    /// <summary>Whether a kind has a message.</summary>
    public static bool Knows(string apiVersion, string kind) => ProtobufSchema.Instance.FindKind(apiVersion, kind) is not null;

    /// <summary>Converts an object to protobuf.</summary>
    /// <exception cref="FormatException">Its kind has no message.</exception>
    public static byte[] FromJson(ReadOnlyMemory<byte> json)
    {
        using var writer = new WireWriter();
        WriteObject(writer, json);
        return writer.Written.ToArray();
    }

    /// <summary>Writes an object with its envelope.</summary>
    /// <exception cref="FormatException">Its kind has no message.</exception>
    public static void WriteObject(WireWriter writer, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, ReadOptions);
        var root = document.RootElement;
        var apiVersion = TextOf(root, "apiVersion"u8);
        var kind = TextOf(root, "kind"u8);
        var fields = ProtobufSchema.Instance.FindKind(apiVersion, kind) ?? throw new FormatException($"kind {kind} of {apiVersion} has no form in protobuf");
        var before = writer.Length;
        WriteFields(writer, fields, root);
        WriteEnvelope(writer, apiVersion, kind, writer.Length - before);
    }

    /// <summary>Writes an object without an envelope, as inside another message.</summary>
    public static void WriteItem(WireWriter writer, int number, ProtobufField?[] fields, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, ReadOptions);
        var before = writer.Length;
        WriteFields(writer, fields, document.RootElement);
        writer.Close(number, before);
    }

    /// <summary>Writes the envelope in front of a written object. The envelope is runtime.Unknown: its type is 1 (version 1, kind 2),
    /// the object 2, and the object's encoding 3 and 4.</summary>
    /// <param name="writer">The writer. It writes backwards, so that the parts after the object are already written.</param>
    /// <param name="apiVersion">The version.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="length">The object's length in bytes.</param>
    public static void WriteEnvelope(WireWriter writer, string apiVersion, string kind, int length)
    {
        writer.Close(2, writer.Length - length);
        var before = writer.Length;
        writer.Text(2, kind);
        writer.Text(1, apiVersion);
        writer.Close(1, before);
        writer.Raw(ProtobufConverter.Magic);
    }

    /// <summary>Writes the fields of a message from an object's properties.</summary>
    public static void WriteFields(WireWriter writer, ProtobufField?[] fields, JsonElement obj)
    {
        for (var number = fields.Length - 1; number > 0; number--)
        {
            if (fields[number] is not { } field)
                continue;
            if (field.IsInlined)
                WriteInlined(writer, number, field, obj);
            else if (obj.TryGetProperty(field.Name, out var value) && value.ValueKind != JsonValueKind.Null)
                WriteField(writer, number, field, value);
        }
    }

    private static string TextOf(JsonElement obj, ReadOnlySpan<byte> property) =>
        obj.TryGetProperty(property, out var text) ? text.GetString()! : "";

    private static void WriteInlined(WireWriter writer, int number, ProtobufField field, JsonElement obj)
    {
        var before = writer.Length;
        WriteFields(writer, field.Message, obj);
        if (writer.Length > before)
            writer.Close(number, before);
    }

    private static void WriteField(WireWriter writer, int number, ProtobufField field, JsonElement value)
    {
        switch (field.Shape)
        {
            case ProtobufShape.List:
                for (var i = value.GetArrayLength() - 1; i >= 0; i--)
                    WriteValue(writer, number, field, value[i]);
                break;
            case ProtobufShape.Map:
                foreach (var entry in value.EnumerateObject().Reverse())
                {
                    var before = writer.Length;
                    WriteValue(writer, 2, field, entry.Value);
                    writer.Text(1, entry.Name);
                    writer.Close(number, before);
                }

                break;
            default:
                WriteValue(writer, number, field, value);
                break;
        }
    }

    private static void WriteValue(WireWriter writer, int number, ProtobufField field, JsonElement value)
    {
        switch (field.Type)
        {
            case FieldType.Text:
                writer.Text(number, value.GetString() ?? "");
                break;
            case FieldType.Bytes:
                writer.Bytes(number, value.ValueKind == JsonValueKind.Null ? [] : value.GetBytesFromBase64());
                break;
            case FieldType.Integer:
                writer.Integer(number, value.TryGetInt64(out var integer) ? integer : (long)value.GetDouble());
                break;
            case FieldType.Boolean:
                writer.Integer(number, value.ValueKind == JsonValueKind.True ? 1 : 0);
                break;
            case FieldType.Double:
                writer.Double(number, value.GetDouble());
                break;
            case FieldType.WellKnown:
                var start = writer.Length;
                WellKnownEncoder.Write(writer, field.TypeName, value);
                writer.Close(number, start);
                break;
            default:
                var before = writer.Length;
                if (value.ValueKind == JsonValueKind.Object)
                    WriteFields(writer, field.Message, value);
                writer.Close(number, before);
                break;
        }
    }
}
