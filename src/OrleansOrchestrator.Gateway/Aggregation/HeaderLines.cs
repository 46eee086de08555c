using System.Text;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>
/// Sends several values of a header as several lines, over HTTP/1.1. The HTTP client joins them with commas, which API servers take for
/// parts of one value: two groups would be one group with a strange name. Here a character that no value contains stands between the
/// values, and is encoded as the beginning of the next line.
/// </summary>
/// <param name="header">The header's name.</param>
internal sealed class HeaderLines(string header) : Encoding
{
    /// <summary>Stands between two values. Unicode gives it no meaning.</summary>
    public const char Separator = '\uE000';

    private readonly byte[] _nextLine = ASCII.GetBytes($"\r\n{header}: ");

    /// <summary>The values of a header as one.</summary>
    /// <exception cref="ArgumentException">A header cannot carry one of them as it is.</exception>
    public static string Join(IEnumerable<string> values) => string.Join(Separator, values.Select(value => CanCarry(value)
        ? value
        : throw new ArgumentException("a header cannot carry the value", nameof(values))));

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count)
    {
        var text = chars.AsSpan(index, count);
        var separators = text.Count(Separator);
        return UTF8.GetByteCount(text) + (separators * (_nextLine.Length - UTF8.GetByteCount([Separator])));
    }

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
    {
        var output = bytes.AsSpan(byteIndex);
        var written = 0;
        foreach (var part in chars.AsSpan(charIndex, charCount).Split(Separator))
        {
            if (part.Start.Value > 0)
            {
                _nextLine.CopyTo(output[written..]);
                written += _nextLine.Length;
            }

            written += UTF8.GetBytes(chars.AsSpan(charIndex, charCount)[part], output[written..]);
        }

        return written;
    }

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => UTF8.GetMaxByteCount(charCount) + (charCount * _nextLine.Length);

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => throw new NotSupportedException();

    // Space around a value is lost on the way, and would make it the value of somebody else.
    private static bool CanCarry(string value) =>
        value.AsSpan().Trim(" \t").Length == value.Length && !value.Contains(Separator, StringComparison.Ordinal) && !value.AsSpan().ContainsAnyInRange('\0', '\x1f');
}
