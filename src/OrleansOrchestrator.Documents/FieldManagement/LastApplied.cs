using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// The annotation in which kubectl's client-side apply stores its last configuration. kubectl's server-side apply may take these fields
/// without a conflict, and keeps the annotation up to date, so that users can switch between the two.
/// </summary>
internal static class LastApplied
{
    /// <summary>The field manager of kubectl's applies.</summary>
    public const string KubectlManager = "kubectl";

    public const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>The annotation of an object; null if it has none.</summary>
    public static string? Of(JsonElement obj) =>
        obj.TryGetProperty("metadata"u8, out var metadata) && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("annotations"u8, out var annotations) && annotations.ValueKind == JsonValueKind.Object
        && annotations.TryGetProperty(Annotation, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>The fields that client-side apply set and that have not changed since.</summary>
    public static FieldSet UnchangedFields(JsonElement live, FieldSchema schema)
    {
        if (Of(live) is not { Length: > 0 } text)
            return FieldSet.Empty;
        try
        {
            // The annotation may contain any text.
            using var applied = JsonDocument.Parse(UnicodeText.Repair(Encoding.UTF8.GetBytes(text)), new JsonDocumentOptions { MaxDepth = ObjectCodec.DepthMax });
            if (applied.RootElement.ValueKind != JsonValueKind.Object)
                return FieldSet.Empty;
            var difference = FieldComparison.Of(applied.RootElement, live, schema);
            return new FieldSetReader().Read(applied.RootElement, schema).Difference(difference.Changed).Difference(difference.Removed);
        }
        catch (JsonException)
        {
            return FieldSet.Empty;
        }
    }

    /// <summary>The annotation for a configuration: the configuration without the annotation, in Kubernetes' order of fields.</summary>
    public static string TextFor(JsonElement configuration)
    {
        var copy = JsonObject.Create(configuration)!;
        if (copy["metadata"] is JsonObject metadata && metadata["annotations"] is JsonObject annotations)
        {
            annotations.Remove(Annotation);
            if (annotations.Count == 0)
                metadata.Remove("annotations");
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            WriteInOrder(writer, copy);
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)) + "\n";
    }

    private static void WriteInOrder(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                writer.WriteStartObject();
                foreach (var (name, value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(name);
                    WriteInOrder(writer, value);
                }

                writer.WriteEndObject();
                break;
            case JsonArray elements:
                writer.WriteStartArray();
                foreach (var element in elements)
                    WriteInOrder(writer, element);
                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }
}
