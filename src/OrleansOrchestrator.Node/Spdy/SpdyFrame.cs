using System.Buffers.Binary;

namespace OrleansOrchestrator.Node.Spdy;

/// <summary>The types of control frames.</summary>
internal enum FrameType : ushort
{
    SynStream = 1,
    SynReply = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    Headers = 8,
    WindowUpdate = 9,
}

/// <summary>Why a stream is reset.</summary>
internal enum ResetReason
{
    ProtocolError = 1,
    InvalidStream = 2,
    RefusedStream = 3,
    Cancel = 5,
    FlowControlError = 7,
}

/// <summary>The first eight bytes of a frame.</summary>
/// <param name="Type">The type of a control frame; null for data.</param>
/// <param name="StreamId">The stream of data.</param>
/// <param name="Flags">The flags.</param>
/// <param name="Length">How many bytes follow.</param>
/// <remarks>SPDY protocol draft 3.1, section 2.2.</remarks>
internal readonly record struct FrameHeader(FrameType? Type, uint StreamId, byte Flags, int Length)
{
    /// <summary>The size of a header.</summary>
    public const int Bytes = 8;

    /// <summary>The flag of the last frame of a direction.</summary>
    public const byte Fin = 1;

    /// <summary>The flag of a stream on which its receiver does not send.</summary>
    public const byte Unidirectional = 2;

    private const uint ControlBit = 0x8000_0000;
    private const uint Version = 3;

    /// <summary>Reads a header.</summary>
    /// <exception cref="SpdyException">It is of another version.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        var first = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var second = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        var (flags, length) = ((byte)(second >> 24), (int)(second & 0xff_ffff));
        if ((first & ControlBit) == 0)
            return new FrameHeader(null, first, flags, length);
        return ((first & ~ControlBit) >> 16) == Version
            ? new FrameHeader((FrameType)(ushort)first, 0, flags, length)
            : throw new SpdyException($"frames of version {(first & ~ControlBit) >> 16} instead of {Version}");
    }

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Type is { } type ? ControlBit | (Version << 16) | (ushort)type : StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], ((uint)Flags << 24) | (uint)Length);
    }
}
