using System.Buffers.Binary;

namespace OrleansOrchestrator.Node.Server.Streams.Spdy;

/// <summary>
/// Writes the headers of one connection. They are always empty, since this side only replies; compression would have nothing to save, so
/// that blocks are stored.
/// </summary>
internal sealed class HeaderWriter
{
    // RFC 1950: deflate with a window of 32 KiB, no dictionary.
    private static readonly byte[] ZlibHeader = [0x78, 0x01];

    // The number of headers.
    private static readonly byte[] NoHeaders = [0, 0, 0, 0];

    private bool _hasBegun;

    /// <summary>The block of a reply without headers. Blocks must be sent in the order of the calls.</summary>
    /// <remarks>An empty block at the end is what zlib calls a sync flush. Go's decompressor hands nothing out before it.</remarks>
    public byte[] WriteEmpty()
    {
        byte[] begin = _hasBegun ? [] : ZlibHeader;
        _hasBegun = true;
        return [.. begin, .. StoredBlock(NoHeaders), .. StoredBlock([])];
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
}
