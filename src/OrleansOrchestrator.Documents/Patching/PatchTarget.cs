using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>The document that a patch is applied to.</summary>
public static class PatchTarget
{
    /// <summary>
    /// Reads an encoded object. What a kind holds without looking at it may have a field twice; of such the last one counts.
    /// </summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static JsonNode Read(ReadOnlySpan<byte> json) => LenientJson.Parse(json, keepsNumbers: true) ?? throw new JsonException("the document is null");
}
