using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Replaces invalid Unicode in JSON like Go's parsers: an invalid byte, and an escape of a lone surrogate, becomes U+FFFD. Later
/// writers could not encode such a text.
/// </summary>
public static class UnicodeText
{
    private const int EscapeLength = 6;

    /// <summary>Whether JSON is valid Unicode. Nearly always true, and fast.</summary>
    public static bool IsUnicode(ReadOnlySpan<byte> json) =>
        Utf8.IsValid(json) && (json.IndexOf("\\u"u8) < 0 || FindLoneSurrogate(json) < 0);

    /// <summary>The JSON as valid Unicode.</summary>
    public static byte[] Repair(ReadOnlySpan<byte> json)
    {
        var repaired = Utf8.IsValid(json) ? json.ToArray() : Decode(json);
        for (var at = FindLoneSurrogate(repaired); at >= 0; at = NextLoneSurrogate(repaired, at + EscapeLength))
            "\\ufffd"u8.CopyTo(repaired.AsSpan(at));
        return repaired;
    }

    private static byte[] Decode(ReadOnlySpan<byte> text)
    {
        var output = new ArrayBufferWriter<byte>(text.Length + 64);
        while (!text.IsEmpty)
        {
            var isRune = Rune.DecodeFromUtf8(text, out _, out var length) == OperationStatus.Done;
            if (isRune)
            {
                output.Write(text[..length]);
            }
            else
            {
                // Each byte by itself, even within a truncated character.
                for (var i = 0; i < length; i++)
                    output.Write("\uFFFD"u8);
            }

            text = text[length..];
        }

        return output.WrittenSpan.ToArray();
    }

    private static int FindLoneSurrogate(ReadOnlySpan<byte> json) => NextLoneSurrogate(json, 0);

    /// <summary>The position of an escape of a lone surrogate; -1 if there is none. Escapes occur in strings only.</summary>
    private static int NextLoneSurrogate(ReadOnlySpan<byte> json, int from)
    {
        while (json[from..].IndexOf((byte)'\\') is >= 0 and var offset)
        {
            var at = from + offset;
            var unit = UnitAt(json, at);
            if (!char.IsSurrogate(unit))
                from = Math.Min(at + 2, json.Length);
            else if (char.IsHighSurrogate(unit) && char.IsLowSurrogate(UnitAt(json, at + EscapeLength)))
                from = at + (2 * EscapeLength);
            else
                return at;
        }

        return -1;
    }

    /// <summary>The UTF-16 unit of the escape at a position; 0 if there is no such escape.</summary>
    private static char UnitAt(ReadOnlySpan<byte> json, int at)
    {
        if (at + EscapeLength > json.Length || json[at] != '\\' || json[at + 1] != 'u')
            return '\0';
        var unit = 0;
        foreach (var digit in json.Slice(at + 2, 4))
        {
            if (!char.IsAsciiHexDigit((char)digit))
                return '\0';
            unit = (unit << 4) | Convert.ToInt32(((char)digit).ToString(), 16);
        }

        return (char)unit;
    }
}
