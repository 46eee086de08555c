using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>The body of a patch request.</summary>
internal static class PatchDocument
{
    /// <summary>Parses a patch. The last one of duplicate fields counts.</summary>
    /// <param name="patch">The patch as UTF-8 JSON.</param>
    /// <param name="faults">Receives duplicate fields; null to ignore them.</param>
    /// <param name="keepsNumbers">Whether numbers keep their text; see <see cref="LenientJson.Parse"/>.</param>
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

    /// <summary>Removes a member from its object, so that it can be moved without a copy.</summary>
    public static JsonNode? Detach(JsonObject parent, string name)
    {
        parent.Remove(name, out var value);
        return value;
    }

    /// <summary>Removes all elements from their array.</summary>
    public static List<JsonNode?> Detach(JsonArray array)
    {
        var elements = new List<JsonNode?>(array);
        array.Clear();
        return elements;
    }
}
