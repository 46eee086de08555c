using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.Json;

/// <summary>The settings of the gateway's JSON writers.</summary>
internal static class JsonWriting
{
    /// <summary>Compact and without validation: the code determines the structure.</summary>
    public static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Indented, for people.</summary>
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
