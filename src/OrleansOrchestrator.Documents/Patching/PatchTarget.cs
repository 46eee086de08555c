using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>The document to be patched.</summary>
public static class PatchTarget
{
    /// <summary>Parses an encoded object. Raw JSON within a kind may contain duplicate fields; the last one counts.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static JsonNode Read(ReadOnlySpan<byte> json) => LenientJson.Parse(json, keepsNumbers: true) ?? throw new JsonException("the document is null");
}
