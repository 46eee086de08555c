using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Inserts <c>resourceVersion</c> into an encoded object without decoding it. Only the store knows a write's revision, when it orders
/// the write; by then the object is bytes. Stored objects have it as the first field of <c>metadata</c>.
/// </summary>
public static class RevisionSplice
{
    private static ReadOnlySpan<byte> Prefix => "\"resourceVersion\":\""u8;

    /// <summary>Sets or replaces the revision of an encoded object.</summary>
    /// <param name="json">An object as written by <c>ResourceDefinition.Encode</c> or by this method.</param>
    /// <param name="revision">The revision to set.</param>
    public static byte[] Set(ReadOnlySpan<byte> json, long revision)
    {
        var offset = FindMetadataStart(json);
        var tail = SkipRevision(json[offset..]);
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(revision, digits, out var length);
        var suffix = tail[0] == '}' ? "\""u8 : "\","u8;

        var result = new byte[offset + Prefix.Length + length + suffix.Length + tail.Length];
        var rest = result.AsSpan();
        rest = Append(rest, json[..offset]);
        rest = Append(rest, Prefix);
        rest = Append(rest, digits[..length]);
        rest = Append(rest, suffix);
        Append(rest, tail);
        return result;
    }

    /// <summary>Inserts a member after <c>metadata</c>, which is the place of a spec.</summary>
    /// <param name="json">An object as written by <c>ResourceDefinition.Encode</c>.</param>
    /// <param name="member">The member with its name; empty for none.</param>
    public static byte[] InsertSpec(ReadOnlySpan<byte> json, ReadOnlySpan<byte> member)
    {
        if (member.IsEmpty)
            return json.ToArray();
        var end = FindMetadataEnd(json);
        return [.. json[..end], (byte)',', .. member, .. json[end..]];
    }

    /// <summary>Whether two encoded objects are equal apart from their revisions, so that a write would change nothing.</summary>
    public static bool EqualsIgnoringRevision(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> encoded)
    {
        var offset = FindMetadataStart(stored);
        return encoded.Length >= offset
            && stored[..offset].SequenceEqual(encoded[..offset])
            && SkipRevision(stored[offset..]).SequenceEqual(encoded[offset..]);
    }

    private static Span<byte> Append(Span<byte> target, scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target);
        return target[bytes.Length..];
    }

    /// <summary>The fields of metadata after the revision, if that comes first.</summary>
    private static ReadOnlySpan<byte> SkipRevision(ReadOnlySpan<byte> metadata)
    {
        if (!metadata.StartsWith(Prefix))
            return metadata;
        var rest = metadata[Prefix.Length..];
        rest = rest[(rest.IndexOf((byte)'"') + 1)..];
        return rest[0] == ',' ? rest[1..] : rest;
    }

    private static int FindMetadataEnd(ReadOnlySpan<byte> json)
    {
        var start = FindMetadataStart(json) - 1;
        var reader = new Utf8JsonReader(json[start..]);
        reader.Read();
        reader.Skip();
        return start + (int)reader.BytesConsumed;
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
