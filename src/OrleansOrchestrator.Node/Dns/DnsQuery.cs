using System.Buffers.Binary;
using System.Text;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>A query as a client sends it (RFC 1035, 4.1; EDNS: RFC 6891).</summary>
internal sealed class DnsQuery
{
    /// <summary>The bytes of the head of a message.</summary>
    public const int HeadBytes = 12;

    /// <summary>What every client takes over UDP.</summary>
    public const int PlainPayloadBytes = 512;

    /// <summary>The most that is sent over UDP, so that no packet is cut in pieces on its way.</summary>
    public const int PayloadBytesMax = 1232;

    private const int ClassIn = 1;
    private const int ClassAny = 255;
    private const int FixedRecordBytes = 10;

    private DnsQuery(ReadOnlySpan<byte> packet, int nameBytes)
    {
        Id = BinaryPrimitives.ReadUInt16BigEndian(packet);
        IsRecursionDesired = (packet[2] & 1) != 0;
        IsCheckingDisabled = (packet[3] & 0x10) != 0;
        Question = packet.Slice(HeadBytes, nameBytes + 4).ToArray();
        Name = WireName.ToText(Question);
        Type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(Question.AsSpan(nameBytes));
    }

    public ushort Id { get; }

    public bool IsRecursionDesired { get; }

    public bool IsCheckingDisabled { get; }

    /// <summary>The question: name, type and class as the client wrote them, which the answer repeats.</summary>
    public byte[] Question { get; }

    /// <summary>The name in lower case; null if it is none that anything in the cluster can have.</summary>
    public string? Name { get; }

    public RecordType Type { get; }

    /// <summary>Whether the client speaks EDNS, so that the answer does.</summary>
    public bool HasEdns { get; private set; }

    /// <summary>The version of EDNS. There is only 0.</summary>
    public int EdnsVersion { get; private set; }

    /// <summary>Whether the client wants signatures.</summary>
    public bool WantsSignatures { get; private set; }

    /// <summary>The most bytes of an answer over UDP.</summary>
    public int PayloadBytes { get; private set; } = PlainPayloadBytes;

    /// <summary>The question for upstream servers.</summary>
    public UpstreamQuestion ForUpstream => new(Question, WantsSignatures, IsCheckingDisabled);

    /// <summary>Reads a packet.</summary>
    /// <param name="packet">What a client has sent.</param>
    /// <param name="fault">What to answer if there is no query; <see cref="ReturnCode.NoError"/> if it is no question at all and gets no
    /// answer.</param>
    /// <returns>Null if there is no query that can be answered.</returns>
    public static DnsQuery? Parse(ReadOnlySpan<byte> packet, out ReturnCode fault)
    {
        fault = ReturnCode.NoError;
        if (packet.Length < HeadBytes || (packet[2] & 0x80) != 0)
            return null;
        fault = ReturnCode.NotImplemented;
        if ((packet[2] & 0x78) != 0)
            return null;
        fault = ReturnCode.FormatError;
        var nameBytes = WireName.LengthOf(packet[HeadBytes..]);
        if (CountAt(packet, 4) != 1 || nameBytes == 0 || packet.Length < HeadBytes + nameBytes + 4)
            return null;
        var query = new DnsQuery(packet, nameBytes);
        if (!query.ReadExtension(packet))
            return null;
        fault = ReturnCode.Refused;
        return BinaryPrimitives.ReadUInt16BigEndian(query.Question.AsSpan(nameBytes + 2)) is ClassIn or ClassAny ? query : null;
    }

    /// <summary>The number of questions or records that the head says, by its place there.</summary>
    public static int CountAt(ReadOnlySpan<byte> packet, int offset) => BinaryPrimitives.ReadUInt16BigEndian(packet[offset..]);

    /// <summary>Looks for EDNS in the records after the question.</summary>
    /// <returns>False if what follows are no records.</returns>
    private bool ReadExtension(ReadOnlySpan<byte> packet)
    {
        var offset = HeadBytes + Question.Length;
        for (var left = CountAt(packet, 6) + CountAt(packet, 8) + CountAt(packet, 10); left > 0; left--)
        {
            var begin = offset;
            if (!WireName.TrySkip(packet, ref offset) || offset + FixedRecordBytes > packet.Length)
                return false;
            var record = packet[offset..];
            offset += FixedRecordBytes + CountAt(record, 8);
            if (offset > packet.Length)
                return false;
            if ((RecordType)CountAt(record, 0) != RecordType.Opt)
                continue;

            // There is one at most, of the root.
            if (HasEdns || packet[begin] != 0)
                return false;
            HasEdns = true;
            PayloadBytes = Math.Clamp(CountAt(record, 2), PlainPayloadBytes, PayloadBytesMax);
            EdnsVersion = record[5];
            WantsSignatures = (record[6] & 0x80) != 0;
        }

        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name ?? Encoding.Latin1.GetString(Question)} {Type}";
}
