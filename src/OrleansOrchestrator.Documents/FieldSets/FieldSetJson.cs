using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>Parses and writes sets of paths as FieldsV1.</summary>
internal static class FieldSetJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Parses a set.</summary>
    /// <exception cref="JsonException">The text is no set.</exception>
    public static FieldSet Read(JsonElement fields)
    {
        if (fields.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return FieldSet.Empty;
        return ReadLevel(fields).Children;
    }

    /// <summary>Parses a set.</summary>
    /// <exception cref="JsonException">The text is no set.</exception>
    public static FieldSet Read(string fields)
    {
        using var document = JsonDocument.Parse(fields, new JsonDocumentOptions { MaxDepth = ObjectCodec.DepthMax });
        return Read(document.RootElement);
    }

    public static byte[] Encode(FieldSet set)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            Write(writer, set);
        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter writer, FieldSet set)
    {
        if (set.Json is { } json)
            writer.WriteRawValue(json, skipInputValidation: true);
        else
            WriteLevel(writer, set, withSelf: false);
    }

    private static (bool IsMember, FieldSet Children) ReadLevel(JsonElement level)
    {
        if (level.ValueKind != JsonValueKind.Object)
            throw new JsonException("a set of fields must be an object");
        var isMember = level.GetPropertyCount() == 0;
        var children = default(FieldSetBuilder);
        foreach (var step in level.EnumerateObject())
        {
            if (step.NameEquals(PathElement.Self))
            {
                isMember = true;
                continue;
            }

            var element = step.Name;
            if (!PathElement.IsValid(element))
                throw new JsonException($"\"{element}\" is no step of a field's path");
            var (isInner, below) = ReadLevel(step.Value);
            children.Add(PathElement.Canonicalize(element), isInner, below);
        }

        return (isMember, children.Build());
    }

    private static void WriteLevel(Utf8JsonWriter writer, FieldSet set, bool withSelf)
    {
        writer.WriteStartObject();
        if (withSelf && !set.IsEmpty)
            WriteEmpty(writer, PathElement.Self);
        foreach (var entry in set.Entries)
        {
            writer.WritePropertyName(entry.Element);
            WriteLevel(writer, entry.Children, entry.IsMember);
        }

        writer.WriteEndObject();
    }

    private static void WriteEmpty(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartObject(name);
        writer.WriteEndObject();
    }
}
