using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace OrleansOrchestrator.Node.Spdy;

/// <summary>
/// Reads the compressed headers of one connection. All header blocks of a direction are one zlib stream that begins with SPDY's
/// dictionary, so that every block must be read, in order.
/// </summary>
/// <remarks>
/// .NET's decompressor takes no dictionary. To the format a dictionary is text that came before; so the reader gives it one uncompressed
/// block with that text first, and drops what comes of it.
/// </remarks>
internal sealed class HeaderReader : IDisposable
{
    // The headers of a stream are a few short words.
    private const int BlockBytesMax = 16 * 1024;
    private const int HeadersMax = 64;

    // RFC 1950: two bytes, and four more that identify the dictionary.
    private const int ZlibHeaderBytes = 6;
    private const byte DeflateMethod = 8;
    private const byte HasDictionary = 0x20;

    private readonly Feed _feed = new();
    private readonly DeflateStream _inflater;
    private bool _hasBegun;

    public HeaderReader() => _inflater = new DeflateStream(_feed, CompressionMode.Decompress);

    /// <summary>Reads the headers of a block. Names are in lower case; of several values the first counts.</summary>
    /// <exception cref="SpdyException">The block is malformed or too large.</exception>
    public IReadOnlyDictionary<string, string> Read(ReadOnlySequence<byte> compressed)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockBytesMax);
        try
        {
            return Parse(block.AsSpan(0, Inflate(compressed.ToArray(), block.AsSpan(0, BlockBytesMax))));
        }
        catch (InvalidDataException malformed)
        {
            throw new SpdyException($"headers cannot be decompressed: {malformed.Message}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    public void Dispose() => _inflater.Dispose();

    private int Inflate(ReadOnlyMemory<byte> compressed, Span<byte> block)
    {
        if (!_hasBegun)
        {
            compressed = Begin(compressed.Span) ? compressed[ZlibHeaderBytes..] : compressed[2..];
            _hasBegun = true;
        }

        _feed.Next = compressed;
        var length = 0;
        while (length < block.Length)
        {
            if (_inflater.Read(block[length..]) is not (> 0 and var count))
                return length;
            length += count;
        }

        throw new SpdyException($"headers are larger than {BlockBytesMax} bytes");
    }

    /// <returns>Whether the other side uses the dictionary.</returns>
    private bool Begin(ReadOnlySpan<byte> zlib)
    {
        if (zlib.Length < ZlibHeaderBytes || (zlib[0] & 0x0f) != DeflateMethod || ((zlib[0] << 8) | zlib[1]) % 31 != 0)
            throw new SpdyException("headers are not compressed with zlib");
        if ((zlib[1] & HasDictionary) == 0)
            return false;
        var dictionary = SpdyDictionary.Bytes;
        _feed.Next = HeaderWriter.StoredBlock(dictionary.Span);
        _inflater.ReadExactly(new byte[dictionary.Length]);
        return true;
    }

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> block)
    {
        var count = TakeNumber(ref block);
        if (count > HeadersMax)
            throw new SpdyException($"a stream has more than {HeadersMax} headers");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (; count > 0; count--)
        {
            var name = TakeText(ref block);
            var values = TakeText(ref block);
            headers[name] = values.IndexOf('\0', StringComparison.Ordinal) is var end and >= 0 ? values[..end] : values;
        }

        return headers;
    }

    private static string TakeText(ref ReadOnlySpan<byte> block)
    {
        var length = TakeNumber(ref block);
        if (length > block.Length)
            throw new SpdyException("headers are truncated");
        var text = Encoding.UTF8.GetString(block[..(int)length]);
        block = block[(int)length..];
        return text;
    }

    private static uint TakeNumber(ref ReadOnlySpan<byte> block)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(block, out var number))
            throw new SpdyException("headers are truncated");
        block = block[sizeof(uint)..];
        return number;
    }

    /// <summary>The compressed bytes that have come, and no end after them: more may come.</summary>
    private sealed class Feed : Stream
    {
        public ReadOnlyMemory<byte> Next { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, Next.Length);
            Next.Span[..count].CopyTo(buffer);
            Next = Next[count..];
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // Nothing is written.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
