using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansOrchestrator.Node.Spdy;

/// <summary>Writes the headers of one connection. They are a few short words, or none, so that blocks are stored and not compressed.</summary>
internal sealed class HeaderWriter
{
    // RFC 1950: deflate with a window of 32 KiB, no dictionary.
    private static readonly byte[] ZlibHeader = [0x78, 0x01];

    private bool _hasBegun;

    /// <summary>The block of a stream's or a reply's headers. Blocks must be sent in the order of the calls.</summary>
    /// <remarks>An empty block at the end is what zlib calls a sync flush. Go's decompressor hands nothing out before it.</remarks>
    public byte[] Write(IReadOnlyDictionary<string, string> headers)
    {
        var content = new ArrayBufferWriter<byte>();
        Append(content, headers.Count);
        foreach (var (name, value) in headers)
        {
            AppendText(content, name);
            AppendText(content, value);
        }

        byte[] begin = _hasBegun ? [] : ZlibHeader;
        _hasBegun = true;
        return [.. begin, .. StoredBlock(content.WrittenSpan), .. StoredBlock([])];
    }

    /// <summary>An uncompressed block of a deflate stream that goes on after it (RFC 1951, section 3.2.4).</summary>
    public static byte[] StoredBlock(ReadOnlySpan<byte> content)
    {
        var block = new byte[5 + content.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(1), (ushort)content.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(3), (ushort)~content.Length);
        content.CopyTo(block.AsSpan(5));
        return block;
    }

    private static void AppendText(ArrayBufferWriter<byte> content, string text)
    {
        Append(content, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, content);
    }

    private static void Append(ArrayBufferWriter<byte> content, int number)
    {
        BinaryPrimitives.WriteInt32BigEndian(content.GetSpan(sizeof(int)), number);
        content.Advance(sizeof(int));
    }
}
