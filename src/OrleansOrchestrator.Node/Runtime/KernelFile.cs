using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>A file in which the kernel tells numbers, read at once into a shared buffer.</summary>
internal sealed class KernelFile : IDisposable
{
    // The longest of these files have a few kilobytes.
    private const int BytesMax = 16 * 1024;

    private readonly byte[] _buffer;
    private readonly int _length;

    private KernelFile(byte[] buffer, int length) => (_buffer, _length) = (buffer, length);

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Text => _buffer.AsSpan(0, _length);

    /// <summary>Opens a file; null if it is gone, or must not be read.</summary>
    public static KernelFile? Open(string path)
    {
        // Asking first is cheaper than an exception: which files there are depends on the kernel.
        if (!File.Exists(path))
            return null;
        var buffer = ArrayPool<byte>.Shared.Rent(BytesMax);
        try
        {
            using var file = File.OpenHandle(path, options: FileOptions.None);
            var length = 0;
            while (length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is > 0 and var read)
                length += read;
            return new KernelFile(buffer, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return null;
        }
    }

    /// <summary>The number that is all of a file; null if there is none, as in <c>max</c>.</summary>
    public static long? NumberIn(string path)
    {
        using var file = Open(path);
        return file is null ? null : Parse(file.Text);
    }

    /// <summary>The number after a name at the start of a line; null if there is none.</summary>
    public long? Number(ReadOnlySpan<byte> name)
    {
        var rest = Text;
        while (rest.Length > 0)
        {
            var line = NextLine(ref rest);
            if (line.Length > name.Length && line[name.Length] == (byte)' ' && line.StartsWith(name))
                return Parse(line[(name.Length + 1)..]);
        }

        return null;
    }

    /// <summary>The number of lines.</summary>
    public int CountLines() => Text.Count((byte)'\n');

    /// <summary>The words of each line.</summary>
    public IEnumerable<string[]> Lines() => Encoding.UTF8.GetString(Text).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return line;
    }

    // The kernel writes what is without a limit as the largest number of its own, which may be more than a long holds.
    private static long? Parse(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out long value, out _) ? value : null;
}
