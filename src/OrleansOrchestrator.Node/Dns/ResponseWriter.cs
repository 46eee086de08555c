using System.Buffers.Binary;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Writes the answer to a query.</summary>
/// <remarks>
/// An answer record that does not fit makes the answer a truncated one, so that the client asks again over TCP. The records before it stay,
/// for clients that never do. An additional record that does not fit is left out.
/// </remarks>
internal ref struct ResponseWriter
{
    private const int EdnsBytes = 11;
    private const int PointerMax = 0x3FFF;
    private const ushort PointerToQuestion = 0xC000 | DnsQuery.HeadBytes;

    private readonly Span<byte> _message;
    private readonly DnsQuery _query;
    private readonly int _recordsEnd;
    private List<(byte[] Name, int Offset)>? _targets;
    private int _length;
    private int _answers;
    private int _authorities;
    private int _additional;
    private bool _isTruncated;

    /// <param name="buffer">Receives the answer; has at least 512 bytes.</param>
    /// <param name="query">What is answered.</param>
    /// <param name="bytesMax">The most bytes of the answer.</param>
    public ResponseWriter(Span<byte> buffer, DnsQuery query, int bytesMax)
    {
        _message = buffer;
        _query = query;
        _recordsEnd = Math.Min(buffer.Length, bytesMax) - (query.HasEdns ? EdnsBytes : 0);
        query.Question.CopyTo(buffer[DnsQuery.HeadBytes..]);
        _length = DnsQuery.HeadBytes + query.Question.Length;
    }

    /// <summary>Answers a packet that is no query: a head that says what is wrong.</summary>
    public static int WriteFault(Span<byte> buffer, ReadOnlySpan<byte> packet, ReturnCode fault)
    {
        buffer[..DnsQuery.HeadBytes].Clear();
        packet[..2].CopyTo(buffer);
        buffer[2] = (byte)(0x80 | (packet[2] & 0x79));
        buffer[3] = (byte)fault;
        return DnsQuery.HeadBytes;
    }

    /// <summary>Adds EDNS to an answer whose records are complete.</summary>
    /// <returns>The bytes of the answer.</returns>
    public static int AddEdns(Span<byte> message, int length, DnsQuery query, ReturnCode code)
    {
        if (!query.HasEdns)
            return length;
        var record = message.Slice(length, EdnsBytes);
        record.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(record[1..], (ushort)RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(record[3..], DnsQuery.PayloadBytesMax);
        record[5] = (byte)((int)code >> 4);
        record[7] = (byte)(query.WantsSignatures ? 0x80 : 0);
        BinaryPrimitives.WriteUInt16BigEndian(message[10..], (ushort)(DnsQuery.CountAt(message, 10) + 1));
        return length + EdnsBytes;
    }

    /// <summary>The bytes that a message of upstream may have, so that EDNS fits behind it.</summary>
    public static int RoomOf(DnsQuery query, int bytesMax) => bytesMax - (query.HasEdns ? EdnsBytes : 0);

    public void AddAnswer(ResourceRecord record)
    {
        if (_isTruncated)
            return;
        if (TryWrite(record))
            _answers++;
        else
            _isTruncated = true;
    }

    public void AddAuthority(ResourceRecord record)
    {
        if (TryWrite(record))
            _authorities++;
    }

    public void AddAdditional(ResourceRecord record)
    {
        if (!_isTruncated && TryWrite(record))
            _additional++;
    }

    /// <summary>Writes the head.</summary>
    /// <param name="code">How the query went.</param>
    /// <param name="isAuthoritative">Whether the answer is the cluster's own.</param>
    /// <returns>The bytes of the answer.</returns>
    public readonly int Complete(ReturnCode code, bool isAuthoritative)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_message, _query.Id);
        _message[2] = (byte)(0x80 | (isAuthoritative ? 4 : 0) | (_isTruncated ? 2 : 0) | (_query.IsRecursionDesired ? 1 : 0));
        _message[3] = (byte)(0x80 | (_query.IsCheckingDisabled ? 0x10 : 0) | ((int)code & 0xF));
        BinaryPrimitives.WriteUInt16BigEndian(_message[4..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(_message[6..], (ushort)_answers);
        BinaryPrimitives.WriteUInt16BigEndian(_message[8..], (ushort)_authorities);
        BinaryPrimitives.WriteUInt16BigEndian(_message[10..], (ushort)_additional);
        return AddEdns(_message, _length, _query, code);
    }

    private bool TryWrite(ResourceRecord record)
    {
        var pointer = PointerOf(record.Name);
        var dataBytes = record.Data.Length + (record.Target?.Length ?? 0);
        var bytes = (pointer > 0 ? 2 : record.Name!.Length) + 10 + dataBytes;
        if (_length + bytes > _recordsEnd)
            return false;
        var place = _message.Slice(_length, bytes);
        if (pointer > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(place, pointer);
            place = place[2..];
        }
        else
        {
            record.Name.CopyTo(place);
            place = place[record.Name!.Length..];
        }

        BinaryPrimitives.WriteUInt16BigEndian(place, (ushort)record.Type);
        BinaryPrimitives.WriteUInt16BigEndian(place[2..], 1);
        BinaryPrimitives.WriteInt32BigEndian(place[4..], record.TtlSeconds);
        BinaryPrimitives.WriteUInt16BigEndian(place[8..], (ushort)dataBytes);
        record.Data.CopyTo(place[10..]);
        _length += bytes;
        if (record.Target is { } target)
        {
            // Never a pointer: the targets of services must not be (RFC 2782). The records of the target point here.
            target.CopyTo(place[(10 + record.Data.Length)..]);
            (_targets ??= []).Add((target, _length - target.Length));
        }

        return true;
    }

    /// <summary>The pointer to a name that the message has already; 0 if it has not.</summary>
    private readonly ushort PointerOf(byte[]? name)
    {
        if (name is null)
            return PointerToQuestion;
        foreach (var (target, offset) in _targets ?? [])
        {
            if (ReferenceEquals(target, name) && offset <= PointerMax)
                return (ushort)(0xC000 | offset);
        }

        return 0;
    }
}
