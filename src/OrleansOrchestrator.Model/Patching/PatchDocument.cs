using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Patching;

/// <summary>The body of a patch request.</summary>
internal static class PatchDocument
{
    // Duplicate members are refused: of two instructions for one field, neither is the one that is meant.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = ObjectCodec.DepthMax, AllowDuplicateProperties = false };

    public static JsonNode? Parse(ReadOnlySpan<byte> patch)
    {
        try
        {
            return JsonNode.Parse(patch, documentOptions: Options);
        }
        catch (JsonException fault)
        {
            throw PatchException.Malformed($"error decoding patch: {fault.Message}");
        }
    }

    public static JsonObject ParseObject(ReadOnlySpan<byte> patch) =>
        Parse(patch) as JsonObject ?? throw PatchException.Malformed("error decoding patch: the patch must be a JSON object");

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
