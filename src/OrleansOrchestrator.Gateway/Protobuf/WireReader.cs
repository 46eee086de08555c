using System.Buffers.Binary;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>Reads protobuf's wire format.</summary>
/// <remarks>https://protobuf.dev/programming-guides/encoding/</remarks>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    // 64 bits in groups of seven.
    private const int VarintBytesMax = 10;
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Reads values without tags, as in packed fields.</summary>
    public WireReader(ReadOnlySpan<byte> bytes, int number, int wireType)
        : this(bytes) => (Number, WireType) = (number, wireType);

    /// <summary>The position of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>Whether everything has been read.</summary>
    public readonly bool IsAtEnd => _position == _bytes.Length;

    /// <summary>The number of the current field.</summary>
    public int Number { get; private set; }

    /// <summary>The wire type of the current field.</summary>
    public int WireType { get; private set; }

    /// <summary>Reads the tag of the next field.</summary>
    /// <returns>Whether there is another field.</returns>
    /// <exception cref="FormatException">The bytes are malformed.</exception>
    public bool TryReadTag()
    {
        if (IsAtEnd)
            return false;
        var tag = ReadVarint();
        Number = (int)Math.Min(tag >> 3, int.MaxValue);
        WireType = (int)(tag & 7);
        return true;
    }

    /// <summary>Whether the next field has the same number; then its tag is read.</summary>
    public bool TryReadSameNumber()
    {
        var (position, number, wireType) = (_position, Number, WireType);
        if (TryReadTag() && Number == number)
            return true;
        (_position, Number, WireType) = (position, number, wireType);
        return false;
    }

    /// <summary>Reads a varint.</summary>
    /// <exception cref="FormatException">The bytes are malformed.</exception>
    public ulong ReadVarint()
    {
        ulong value = 0;
        for (var i = 0; i < VarintBytesMax && _position < _bytes.Length; i++)
        {
            var next = _bytes[_position++];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
                return value;
        }

        throw new FormatException("a protobuf number is cut off or too long");
    }

    /// <summary>Reads a value with a length: a string, bytes or a message.</summary>
    /// <exception cref="FormatException">The bytes are malformed, or the field has another wire type.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        if (WireType != 2)
            throw new FormatException($"protobuf field {Number} has wire type {WireType} instead of 2");
        var length = ReadVarint();
        return Take(length);
    }

    /// <summary>Reads a 64-bit floating point number.</summary>
    /// <exception cref="FormatException">The bytes are malformed, or the field has another wire type.</exception>
    public double ReadDouble()
    {
        if (WireType != 1)
            throw new FormatException($"protobuf field {Number} has wire type {WireType} instead of 1");
        return BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
    }

    /// <summary>Skips the value of an unknown field.</summary>
    /// <exception cref="FormatException">The bytes are malformed.</exception>
    public void Skip()
    {
        switch (WireType)
        {
            case 0:
                ReadVarint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                ReadBytes();
                break;
            case 5:
                Take(4);
                break;
            default:
                throw new FormatException($"protobuf wire type {WireType} is not known");
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_bytes.Length - _position))
            throw new FormatException("a protobuf value is cut off");
        var taken = _bytes.Slice(_position, (int)length);
        _position += (int)length;
        return taken;
    }
}
