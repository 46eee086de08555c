using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>
/// The steps of a field's path in the format FieldsV1: <c>f:image</c> is a member, <c>k:{"name":"web"}</c> a list element by its key,
/// <c>v:"x"</c> a value of a set, <c>i:2</c> a position.
/// </summary>
internal static class PathElement
{
    public const string FieldPrefix = "f:";

    /// <summary>In a set of paths, the path to the set itself.</summary>
    public const string Self = ".";

    /// <summary>Whether a text is a path element.</summary>
    public static bool IsValid(string element) => element.Length >= 2 && element[1] == ':' && element[0] is 'f' or 'k' or 'v' or 'i';

    /// <summary>The element of a member.</summary>
    public static string OfMember(JsonProperty member)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(member);
        return raw.Contains((byte)'\\')
            ? FieldPrefix + member.Name
            : string.Create(FieldPrefix.Length + Encoding.UTF8.GetCharCount(raw), raw, static (text, raw) =>
            {
                FieldPrefix.CopyTo(text);
                Encoding.UTF8.GetChars(raw, text[FieldPrefix.Length..]);
            });
    }

    /// <summary>The path element of a list's element.</summary>
    /// <param name="item">The list's element.</param>
    /// <param name="list">The list's schema.</param>
    /// <param name="missingKey">The required key that the element lacks; null if there is none.</param>
    public static string OfItem(JsonElement item, FieldSchema list, out string? missingKey)
    {
        missingKey = null;
        using var text = new ByteText();
        if (list.Shape == FieldShape.Set)
        {
            text.Append("v:"u8);
            text.Append(Canonical(item));
            return text.ToString();
        }

        text.Append("k:{"u8);
        var isFirst = true;
        foreach (var key in list.Keys)
        {
            ReadOnlySpan<byte> value = key.Utf8Default;
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty(key.Utf8Name, out var given))
                value = Canonical(given);
            else if (key.Utf8Default is null)
                missingKey ??= key.Name;
            if (value.IsEmpty)
                continue;
            if (!isFirst)
                text.Append(","u8);
            isFirst = false;
            text.Append(key.Label);
            text.Append(value);
        }

        text.Append("}"u8);
        return text.ToString();
    }

    /// <summary>The canonical form: equal elements have equal texts.</summary>
    /// <exception cref="JsonException">A key or value is not JSON.</exception>
    public static string Canonicalize(string element)
    {
        if (element[0] is not ('k' or 'v') || !element.Contains('\\', StringComparison.Ordinal))
            return element;
        using var document = JsonDocument.Parse(element.AsMemory(2));
        return element[..2] + JsonSerializer.Serialize(document.RootElement, ObjectCodec.Options);
    }

    /// <summary>The element in messages, such as <c>.image</c> or <c>[name="web"]</c>.</summary>
    public static string Display(string element)
    {
        var text = element[2..];
        switch (element[0])
        {
            case 'f':
                return "." + text;
            case 'v':
                return $"[={text}]";
            case 'i':
                return $"[{text}]";
            default:
                using (var key = JsonDocument.Parse(text))
                    return $"[{string.Join(",", key.RootElement.EnumerateObject().Select(part => $"{part.Name}={part.Value.GetRawText()}"))}]";
        }
    }

    // JSON allows several escapes of the same text, so that a text with escapes is rewritten.
    private static ReadOnlySpan<byte> Canonical(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        return raw.Contains((byte)'\\') || value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
            ? JsonSerializer.SerializeToUtf8Bytes(value, ObjectCodec.Options)
            : raw;
    }

    /// <summary>A short text assembled from bytes.</summary>
    private ref struct ByteText
    {
        private byte[] _bytes = ArrayPool<byte>.Shared.Rent(128);
        private int _length;

        public ByteText()
        {
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (_length + bytes.Length > _bytes.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(2 * (_length + bytes.Length));
                _bytes.AsSpan(0, _length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_bytes);
                _bytes = larger;
            }

            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }

        public override readonly string ToString() => Encoding.UTF8.GetString(_bytes, 0, _length);

        public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
    }
}
