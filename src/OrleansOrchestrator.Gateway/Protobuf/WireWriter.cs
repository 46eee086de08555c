using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>
/// Writes protobuf's wire format backwards: a message's length is known when it has been written, so that nothing is copied. Write the
/// last field first.
/// </summary>
internal sealed class WireWriter : IDisposable
{
    // 64 bits in groups of seven.
    private const int VarintBytesMax = 10;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(4096);
    private int _start;

    public WireWriter() => _start = _buffer.Length;

    /// <summary>The number of bytes written.</summary>
    public int Length => _buffer.Length - _start;

    /// <summary>The bytes written so far; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(_start);

    /// <inheritdoc cref="Written"/>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(_start);

    /// <summary>Discards everything written.</summary>
    public void Clear() => _start = _buffer.Length;

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Writes an integer field.</summary>
    public void Integer(int number, long value)
    {
        Varint((ulong)value);
        Tag(number, 0);
    }

    /// <summary>Writes a floating point field.</summary>
    public void Double(int number, double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(Reserve(sizeof(double)), value);
        Tag(number, 1);
    }

    /// <summary>Writes a string field.</summary>
    public void Text(int number, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Encoding.UTF8.GetBytes(text, Reserve(length));
        Close(number, Length - length);
    }

    /// <summary>Writes a field of bytes.</summary>
    public void Bytes(int number, ReadOnlySpan<byte> bytes)
    {
        Raw(bytes);
        Close(number, Length - bytes.Length);
    }

    /// <summary>Wraps everything written since a length into a field.</summary>
    public void Close(int number, int lengthBefore)
    {
        Varint((ulong)(Length - lengthBefore));
        Tag(number, 2);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = 0;
    }

    private void Tag(int number, int wireType) => Varint((ulong)((number << 3) | wireType));

    private void Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[VarintBytesMax];
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[length++] = (byte)(value | 0x80);
        bytes[length++] = (byte)value;
        Raw(bytes[..length]);
    }

    private Span<byte> Reserve(int length)
    {
        if (length > _start)
            Grow(length);
        _start -= length;
        return _buffer.AsSpan(_start, length);
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(_buffer.Length * 2, Length + length)));
        Written.CopyTo(larger.AsSpan(larger.Length - Length));
        var start = larger.Length - Length;
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start) = (larger, start);
    }
}
