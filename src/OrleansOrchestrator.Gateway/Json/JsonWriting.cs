using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.Json;

/// <summary>How the gateway's own writers write JSON.</summary>
internal static class JsonWriting
{
    /// <summary>Compact; the structure is the code's own and needs no checking.</summary>
    public static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>For people.</summary>
    public static readonly JsonWriterOptions Indented = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        Indented = true,
        MaxDepth = Model.Codec.ObjectCodec.DepthMax,
    };

    /// <summary>Writes a string property unless it is empty.</summary>
    public static void WriteStringIfAny(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            writer.WriteString(name, value);
    }

    /// <summary>Writes an array of strings.</summary>
    public static void WriteStrings(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
