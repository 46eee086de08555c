using System.Text;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Domain names as DNS messages have them: labels with their lengths, ended by the empty label (RFC 1035, 3.1 and 4.1.4).</summary>
internal static class WireName
{
    /// <summary>The most bytes of a name, with the lengths of its labels.</summary>
    public const int BytesMax = 255;

    private const int LabelBytesMax = 63;
    private const int PointerBit = 0xC0;

    /// <summary>Writes a name.</summary>
    /// <param name="text">The labels, separated by dots; a dot at the end changes nothing.</param>
    /// <returns>Null if a label is empty or longer than 63 bytes, or the name longer than 255.</returns>
    public static byte[]? FromText(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd('.');
        var name = new byte[text.Length == 0 ? 1 : text.Length + 2];
        if (name.Length > BytesMax)
            return null;
        var at = 0;
        foreach (var range in text.Split('.'))
        {
            var label = text[range];
            if (text.Length > 0 && (label.Length is 0 or > LabelBytesMax || !Ascii.IsValid(label)))
                return null;
            if (label.Length == 0)
                break;
            name[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, name.AsSpan(at));
        }

        return name;
    }

    /// <summary>Moves over a name, which may end in a pointer.</summary>
    /// <returns>Whether there is a name.</returns>
    public static bool TrySkip(ReadOnlySpan<byte> message, ref int offset)
    {
        while (offset < message.Length)
        {
            var length = message[offset++];
            if (length == 0)
                return true;
            if (length >= PointerBit)
                return ++offset <= message.Length;
            if (length > LabelBytesMax)
                return false;
            offset += length;
        }

        return false;
    }

    /// <summary>Measures a name without pointers.</summary>
    /// <returns>Its bytes; 0 if there is no such name.</returns>
    public static int LengthOf(ReadOnlySpan<byte> message)
    {
        var offset = 0;
        while (offset < message.Length && offset < BytesMax)
        {
            var length = message[offset++];
            if (length == 0)
                return offset;
            if (length > LabelBytesMax)
                return 0;
            offset += length;
        }

        return 0;
    }

    /// <summary>Reads a name and follows its pointers. These may only point backwards, so that the reading ends.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="offset">Where the name begins; afterwards the byte after it.</param>
    /// <returns>The name without pointers; null if there is none.</returns>
    public static byte[]? Expand(ReadOnlySpan<byte> message, ref int offset)
    {
        Span<byte> name = stackalloc byte[BytesMax];
        var (at, end, count, before) = (offset, -1, 0, offset);
        while (at < message.Length)
        {
            var length = message[at];
            if (length >= PointerBit)
            {
                if (at + 1 >= message.Length)
                    return null;
                end = end < 0 ? at + 2 : end;
                at = ((length & ~PointerBit) << 8) | message[at + 1];
                if (at >= before)
                    return null;
                before = at;
                continue;
            }

            if (length > LabelBytesMax || at + 1 + length > message.Length || count + 1 + length > BytesMax)
                return null;
            message.Slice(at, 1 + length).CopyTo(name[count..]);
            at += 1 + length;
            count += 1 + length;
            if (length > 0)
                continue;
            offset = end < 0 ? at : end;
            return name[..count].ToArray();
        }

        return null;
    }

    /// <summary>The labels in lower case, separated by dots.</summary>
    /// <param name="name">A name without pointers.</param>
    /// <returns>Null if a label has anything but what names in Kubernetes have: ASCII letters, digits, hyphens and underscores.</returns>
    public static string? ToText(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[BytesMax];
        var count = 0;
        for (var offset = 0; name[offset] > 0;)
        {
            var label = name.Slice(offset + 1, name[offset]);
            if (count > 0)
                text[count++] = '.';
            foreach (var letter in label)
            {
                if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'-' or (byte)'_'))
                    return null;
                text[count++] = char.ToLowerInvariant((char)letter);
            }

            offset += 1 + label.Length;
        }

        return new string(text[..count]);
    }

    /// <summary>Makes the letters of a name small, so that the same names have the same bytes. Lengths of labels are no letters.</summary>
    public static void ToLower(Span<byte> name)
    {
        foreach (ref var letter in name)
        {
            if (letter is >= (byte)'A' and <= (byte)'Z')
                letter |= 0x20;
        }
    }
}
