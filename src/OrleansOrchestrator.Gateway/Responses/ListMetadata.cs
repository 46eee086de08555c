using System.Buffers.Text;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Writes the <c>metadata</c> of lists.</summary>
internal static class ListMetadata
{
    /// <summary>Writes the property.</summary>
    /// <param name="writer">The writer, inside the list.</param>
    /// <param name="revision">The list's revision.</param>
    /// <param name="next">The continue token of the next page; null if there is none.</param>
    /// <param name="remaining">The number of objects on further pages; null if unknown.</param>
    public static void Write(Utf8JsonWriter writer, long revision, string? next, long? remaining)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(revision, digits, out var length);
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("resourceVersion"u8, digits[..length]);
        writer.WriteStringIfAny("continue"u8, next);
        if (remaining is > 0 and var count)
            writer.WriteNumber("remainingItemCount"u8, count);
        writer.WriteEndObject();
    }
}
