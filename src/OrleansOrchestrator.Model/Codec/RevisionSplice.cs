using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Puts <c>resourceVersion</c> into an encoded object without decoding it. Only the store knows a write's revision, at the
/// moment it orders the write; by then the object is bytes. Stored objects carry it as the first field of <c>metadata</c>.
/// </summary>
public static class RevisionSplice
{
    private static ReadOnlySpan<byte> Prefix => "\"resourceVersion\":\""u8;

    /// <summary>Sets the revision of an encoded object, replacing the one it has.</summary>
    /// <param name="json">An object as <c>ResourceDefinition.Encode</c> writes it, or as this method did.</param>
    /// <param name="revision">The revision to set.</param>
    public static byte[] Set(ReadOnlySpan<byte> json, long revision)
    {
        var offset = FindMetadataStart(json);
        var tail = json[offset..];
        if (tail.StartsWith(Prefix))
            tail = tail[(Prefix.Length + tail[Prefix.Length..].IndexOf((byte)'"') + 2)..];

        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(revision, digits, out var length);
        var result = new byte[offset + Prefix.Length + length + 2 + tail.Length];
        var rest = result.AsSpan();
        json[..offset].CopyTo(rest);
        rest = rest[offset..];
        Prefix.CopyTo(rest);
        rest = rest[Prefix.Length..];
        digits[..length].CopyTo(rest);
        rest = rest[length..];
        "\","u8.CopyTo(rest);
        tail.CopyTo(rest[2..]);
        return result;
    }

    /// <summary>The bytes of an object without its revision, for comparing what a write would change.</summary>
    public static bool EqualsIgnoringRevision(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> encoded)
    {
        var offset = FindMetadataStart(stored);
        if (encoded.Length < offset || !stored[..offset].SequenceEqual(encoded[..offset]))
            return false;
        var tail = stored[offset..];
        if (tail.StartsWith(Prefix))
            tail = tail[(Prefix.Length + tail[Prefix.Length..].IndexOf((byte)'"') + 2)..];
        return tail.SequenceEqual(encoded[offset..]);
    }

    private static int FindMetadataStart(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                continue;
            var isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (isMetadata && reader.TokenType == JsonTokenType.StartObject)
                return (int)reader.BytesConsumed;
            reader.Skip();
        }

        throw new InvalidOperationException($"an encoded object has no metadata: {Encoding.UTF8.GetString(json[..Math.Min(json.Length, 100)])}");
    }
}
