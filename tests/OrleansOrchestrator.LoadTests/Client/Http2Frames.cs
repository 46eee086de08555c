using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>The little of HTTP/2 (RFC 9113) and HPACK (RFC 7541) that requests need which are prepared once, and answers of which only the
/// status and the end are looked at. There is no table of headers: the client asks for one without room.</summary>
internal static class Http2Frames
{
    /// <summary>Where a frame's stream is, from its start.</summary>
    public const int StreamOffset = 5;

    /// <summary>The size of what stands before a frame's payload.</summary>
    public const int HeadBytes = 9;

    /// <summary>The largest payload that either side may send without having asked.</summary>
    public const int PayloadMax = 16 * 1024;

    /// <summary>How much a server takes without having said so.</summary>
    public const int DefaultWindow = 65_535;

    private const int StatusIndexFirst = 8;
    private const int StatusIndexLast = 14;
    private const ushort HeaderTableSize = 1;
    private const ushort EnablePush = 2;
    private const ushort InitialWindowSize = 4;

    private static readonly int[] IndexedStatuses = [200, 204, 206, 304, 400, 404, 500];

    /// <summary>What a client begins with: no table of headers, nothing pushed, and as much of an answer as there is.</summary>
    public static void WritePreface(ArrayBufferWriter<byte> output)
    {
        output.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> settings = stackalloc byte[18];
        WriteSetting(settings, HeaderTableSize, 0);
        WriteSetting(settings[6..], EnablePush, 0);
        WriteSetting(settings[12..], InitialWindowSize, int.MaxValue);
        Write(output, Http2FrameType.Settings, Http2Flags.None, 0, settings);
        WriteWindowUpdate(output, int.MaxValue - DefaultWindow);
    }

    /// <summary>Lets the server send so many bytes more.</summary>
    public static void WriteWindowUpdate(ArrayBufferWriter<byte> output, int bytes)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        Write(output, Http2FrameType.WindowUpdate, Http2Flags.None, 0, payload);
    }

    /// <summary>Writes a frame.</summary>
    public static void Write(ArrayBufferWriter<byte> output, Http2FrameType type, Http2Flags flags, int stream, ReadOnlySpan<byte> payload)
    {
        var head = output.GetSpan(HeadBytes);
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8 | (byte)type);
        head[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(head[StreamOffset..], stream);
        output.Advance(HeadBytes);
        output.Write(payload);
    }

    /// <summary>Writes a header whose name has a place in HPACK's static table (RFC 7541, Appendix A).</summary>
    public static void WriteHeader(ArrayBufferWriter<byte> block, int nameIndex, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        WriteInteger(block, 4, nameIndex);
        WriteInteger(block, 7, bytes.Length);
        block.Write(bytes);
    }

    /// <summary>The status of an answer, which stands first in its headers.</summary>
    /// <exception cref="IOException">It does not.</exception>
    public static int ReadStatus(ReadOnlySpan<byte> block)
    {
        // The server may say first that its table is as small as it was asked to be.
        while (block.Length > 0 && (block[0] & 0b1110_0000) == 0b0010_0000)
            block = block[1..];
        if (block.Length > 0 && block[0] >> 7 == 1 && (block[0] & 0x7f) is >= StatusIndexFirst and <= StatusIndexLast and var index)
            return IndexedStatuses[index - StatusIndexFirst];

        // A value of its own, with or without a wish to be remembered.
        var isLiteral = block.Length > 2
            && (block[0] & (block[0] >> 6 == 1 ? 0b0011_1111 : 0b0000_1111)) is >= StatusIndexFirst and <= StatusIndexLast;
        var length = isLiteral ? block[1] & 0x7f : 0;
        if (length == 0 || block.Length < 2 + length)
            throw new IOException("an answer does not begin with its status");
        var value = block.Slice(2, length);
        if (block[1] >> 7 == 1)
            return ReadPackedDigits(value);
        return Utf8Parser.TryParse(value, out int status, out _) ? status : throw new IOException("the status of an answer is no number");
    }

    /// <summary>Digits in HPACK's Huffman code: 0, 1 and 2 are five bits, the others, from 011001 on, six.</summary>
    private static int ReadPackedDigits(ReadOnlySpan<byte> packed)
    {
        uint bits = 0;
        for (var i = 0; i < sizeof(uint); i++)
            bits = bits << 8 | (i < packed.Length ? packed[i] : 0xffu);
        var number = 0;
        for (var digits = 0; digits < 3; digits++)
        {
            var isShort = bits >> 27 <= 2;
            number = number * 10 + (int)(isShort ? bits >> 27 : (bits >> 26) - 0b011001 + 3);
            bits = BitOperations.RotateLeft(bits, isShort ? 5 : 6);
        }

        return number;
    }

    private static void WriteSetting(Span<byte> setting, ushort name, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(setting, name);
        BinaryPrimitives.WriteInt32BigEndian(setting[2..], value);
    }

    private static void WriteInteger(ArrayBufferWriter<byte> block, int prefixBits, int value)
    {
        var prefixMax = (1 << prefixBits) - 1;
        if (value < prefixMax)
        {
            block.Write([(byte)value]);
            return;
        }

        block.Write([(byte)prefixMax]);
        for (value -= prefixMax; value >= 0x80; value >>= 7)
            block.Write([(byte)(value | 0x80)]);
        block.Write([(byte)value]);
    }
}

/// <summary>What a frame is.</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    Reset = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
}

/// <summary>What a frame says of itself.</summary>
[Flags]
internal enum Http2Flags : byte
{
    None = 0,
    EndStream = 0x1,
    Acknowledged = 0x1,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}
