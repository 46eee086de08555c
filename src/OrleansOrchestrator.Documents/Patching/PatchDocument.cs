using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>The body of a patch request.</summary>
internal static class PatchDocument
{
    /// <summary>Reads a patch. Of a field that is given more than once the last one counts.</summary>
    /// <param name="patch">The patch as UTF-8 JSON.</param>
    /// <param name="faults">Where such fields are told; null if nobody wants to know.</param>
    /// <param name="keepsNumbers">Whether numbers stay as they are written; see <see cref="LenientJson.Parse"/>.</param>
    public static JsonNode? Parse(ReadOnlySpan<byte> patch, ICollection<string>? faults, bool keepsNumbers = true)
    {
        var duplicates = faults is null ? null : new List<DuplicateField>();
        try
        {
            var document = LenientJson.Parse(patch, duplicates, keepsNumbers);
            foreach (var duplicate in duplicates ?? [])
                faults!.Add(duplicate.JsonText);
            return document;
        }
        catch (JsonException fault)
        {
            throw PatchException.Malformed($"error decoding patch: {fault.Message}");
        }
    }

    /// <inheritdoc cref="Parse"/>
    public static JsonObject ParseObject(ReadOnlySpan<byte> patch, ICollection<string>? faults, bool keepsNumbers = true) =>
        Parse(patch, faults, keepsNumbers) as JsonObject ?? throw PatchException.Malformed("error decoding patch: the patch must be a JSON object");

    /// <summary>Takes a member out of its object, so that it can be put elsewhere without a copy.</summary>
    public static JsonNode? Detach(JsonObject parent, string name)
    {
        parent.Remove(name, out var value);
        return value;
    }

    /// <summary>Takes all elements out of their array.</summary>
    public static List<JsonNode?> Detach(JsonArray array)
    {
        var elements = new List<JsonNode?>(array);
        array.Clear();
        return elements;
    }
}
