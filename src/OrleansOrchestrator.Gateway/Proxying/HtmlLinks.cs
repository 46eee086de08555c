using System.Buffers;
using System.Collections.Frozen;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>
/// Rewrites the links of an HTML page as it passes, so that they lead through the proxy again. Everything else passes byte by byte.
/// </summary>
/// <param name="rewrite">Rewrites a link.</param>
/// <remarks>As kube-apiserver does, for the same elements: k8s.io/apimachinery/pkg/util/proxy/transport.go.</remarks>
internal sealed partial class HtmlLinks(Func<string, string> rewrite)
{
    // A longer tag passes as it is.
    private const int TagBytesMax = 64 * 1024;
    private const int ReadBytes = 16 * 1024;

    // Elements, each with the attributes that are links.
    private static readonly string[] Links =
    [
        "a href", "applet codebase", "area href", "audio src", "base href", "blockquote cite", "body background", "button formaction",
        "command icon", "del cite", "embed src", "form action", "frame longdesc src", "head profile", "html manifest", "iframe longdesc src",
        "img longdesc src usemap", "input formaction src usemap", "ins cite", "link href", "object classid codebase data usemap", "q cite",
        "script src", "source src", "video poster src",
    ];

    private static readonly FrozenDictionary<string, string[]> Attributes = Links.Select(line => line.Split(' '))
        .ToFrozenDictionary(words => words[0], words => words[1..], StringComparer.OrdinalIgnoreCase);

    // Their content is text, whatever it looks like.
    private static readonly string[] TextElements = ["script", "style", "textarea", "title"];

    private static readonly byte[] CommentBegin = "<!--"u8.ToArray(), CommentEnd = "-->"u8.ToArray();

    // What the scan waits for before it looks for tags again; null while it does.
    private byte[]? _end;

    // How much of an unfinished tag has been looked at, and the quote that this ends within; 0 if it ends within none.
    private (int Length, byte Quote) _looked;

    /// <summary>Copies a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="encoding">Its content encoding: none, <c>gzip</c> or <c>deflate</c>.</param>
    /// <param name="output">Receives it in the same encoding.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    public async Task CopyAsync(Stream page, string encoding, Stream output, CancellationToken cancellationToken)
    {
        switch (encoding)
        {
            case "gzip":
                await using (var packed = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                    await CopyAsync(new GZipStream(page, CompressionMode.Decompress), packed, cancellationToken);
                break;
            case "deflate":
                await using (var packed = new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))
                    await CopyAsync(new ZLibStream(page, CompressionMode.Decompress), packed, cancellationToken);
                break;
            default:
                await CopyAsync(page, output, cancellationToken);
                break;
        }
    }

    /// <summary>Whether pages of a content encoding can be rewritten.</summary>
    public static bool Reads(string encoding) => encoding is "" or "gzip" or "deflate";

    private async Task CopyAsync(Stream page, Stream output, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(TagBytesMax + ReadBytes);
        var rewritten = new ArrayBufferWriter<byte>(ReadBytes);
        try
        {
            for (var length = 0; ;)
            {
                var read = await page.ReadAsync(buffer.AsMemory(length, ReadBytes), cancellationToken);
                length += read;
                var taken = Scan(buffer.AsSpan(0, length), rewritten, isLast: read == 0);
                if (rewritten.WrittenCount > 0)
                {
                    await output.WriteAsync(rewritten.WrittenMemory, cancellationToken);
                    await output.FlushAsync(cancellationToken);
                    rewritten.ResetWrittenCount();
                }

                if (read == 0)
                    return;
                buffer.AsSpan(taken, length - taken).CopyTo(buffer);
                length -= taken;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>How much of the text it has taken; the rest is the beginning of something.</returns>
    private int Scan(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> output, bool isLast)
    {
        var at = 0;
        while (at < text.Length)
        {
            var left = text[at..];
            if (_end is { } end)
            {
                var found = IndexOfIgnoringCase(left, end);
                var skipped = found >= 0 ? found + end.Length : isLast ? left.Length : Math.Max(0, left.Length - end.Length + 1);
                output.Write(left[..skipped]);
                at += skipped;
                if (found < 0)
                    return at;
                _end = null;
            }
            else if (left.IndexOf((byte)'<') is var begin and not 0)
            {
                var plain = begin < 0 ? left.Length : begin;
                output.Write(left[..plain]);
                at += plain;
            }
            else if (left.StartsWith(CommentBegin))
            {
                _end = CommentEnd;
                output.Write(CommentBegin);
                at += CommentBegin.Length;
            }
            else if (TagLength(left) is > 0 and var tag)
            {
                WriteTag(Encoding.Latin1.GetString(left[..tag]), output);
                at += tag;
            }
            else if (isLast || left.Length >= TagBytesMax)
            {
                output.Write(left);
                at = text.Length;
                _looked = default;
            }
            else
            {
                return at;
            }
        }

        return at;
    }

    /// <returns>The length of the tag at the beginning, quoted text included; 0 if its end is missing.</returns>
    private int TagLength(ReadOnlySpan<byte> text)
    {
        // What no tag begins with is plain text.
        if (text.Length > 1 && !char.IsAsciiLetter((char)text[1]) && text[1] is not ((byte)'/' or (byte)'!' or (byte)'?'))
            return 1;
        var (looked, quote) = _looked;
        _looked = default;
        for (var i = Math.Max(looked, 1); i < text.Length; i++)
        {
            if (quote != 0)
                quote = text[i] == quote ? (byte)0 : quote;
            else if (text[i] is (byte)'"' or (byte)'\'' && text[..i].TrimEnd(" \t\r\n\f"u8).EndsWith("="u8))
                quote = text[i];
            else if (text[i] == '>')
                return i + 1;
        }

        _looked = (text.Length, quote);
        return 0;
    }

    private void WriteTag(string tag, ArrayBufferWriter<byte> output)
    {
        var name = NameOf().Match(tag).Groups[1].Value;
        if (TextElements.Contains(name, StringComparer.OrdinalIgnoreCase))
            _end = Encoding.ASCII.GetBytes($"</{name.ToLowerInvariant()}");
        if (Attributes.TryGetValue(name, out var links))
        {
            tag = Attribute().Replace(tag, match => links.Contains(match.Groups["name"].Value, StringComparer.OrdinalIgnoreCase)
                ? $"{match.Groups["name"]}{match.Groups["is"]}{match.Groups["quote"]}{rewrite(match.Groups["value"].Value)}{match.Groups["quote"]}"
                : match.Value);
        }

        output.Write(Encoding.Latin1.GetBytes(tag));
    }

    private static int IndexOfIgnoringCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> sought)
    {
        for (var i = 0; i <= text.Length - sought.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(text.Slice(i, sought.Length), sought))
                return i;
        }

        return -1;
    }

    [GeneratedRegex("^<([a-zA-Z][a-zA-Z0-9]*)", RegexOptions.CultureInvariant)]
    private static partial Regex NameOf();

    // A name, and a value in quotes of either kind or in none.
    [GeneratedRegex("""(?<=[\s"'/])(?<name>[^\s"'<>/=]+)(?<is>\s*=\s*)(?:(?<quote>["'])(?<value>.*?)\k<quote>|(?<quote>)(?<value>[^\s"'>]+))""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Attribute();
}
