using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>A line of a log file in the format of the Container Runtime Interface: time, stream, tag and content.</summary>
/// <param name="Stamp">The time as the runtime wrote it, in RFC 3339.</param>
/// <param name="IsWhole">Whether the container's line ends here; the runtime cuts long ones.</param>
/// <param name="Content">What the container wrote, without a line end.</param>
internal readonly record struct CriLogEntry(ReadOnlyMemory<byte> Stamp, bool IsWhole, ReadOnlyMemory<byte> Content)
{
    // .NET reads seven digits of a second, and the runtime writes nine.
    private const int FractionDigitsMax = 7;

    /// <summary>When the container wrote it; null if that cannot be read.</summary>
    public DateTimeOffset? Time => DateTimeOffset.TryParse(ShortStamp(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <param name="line">A line of the file, without its end.</param>
    /// <returns>The entry; null if the line has another form, as when a full disk cut it.</returns>
    public static CriLogEntry? Parse(ReadOnlyMemory<byte> line)
    {
        var span = line.Span;
        if (span.IndexOf((byte)' ') is not (> 0 and var stamp))
            return null;
        var rest = span[(stamp + 1)..];
        if (rest.IndexOf((byte)' ') is not (> 0 and var stream) || !IsStream(rest[..stream]))
            return null;
        var tags = rest[(stream + 1)..];
        if (tags.IndexOf((byte)' ') is not (> 0 and var end))
            return null;
        return new(line[..stamp], tags[0] == (byte)'F', line[(stamp + stream + end + 3)..]);
    }

    private static bool IsStream(ReadOnlySpan<byte> name) => name.SequenceEqual("stdout"u8) || name.SequenceEqual("stderr"u8);

    private string ShortStamp()
    {
        var text = Encoding.ASCII.GetString(Stamp.Span);
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return text;
        var digits = text.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9');
        return digits > FractionDigitsMax ? string.Concat(text.AsSpan(0, dot + 1 + FractionDigitsMax), text.AsSpan(dot + 1 + digits)) : text;
    }
}
