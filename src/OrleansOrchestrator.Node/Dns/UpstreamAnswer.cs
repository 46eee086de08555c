using System.Buffers.Binary;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>The answer of an upstream server: its message, without EDNS, which each client gets as its own. Immutable.</summary>
internal sealed class UpstreamAnswer
{
    private const int FixedRecordBytes = 10;
    private const int ClassIn = 1;
    private const int PlaceBytes = 16;

    private readonly byte[] _message;
    private readonly List<Place> _records;

    private UpstreamAnswer(byte[] message, List<Place> records, TimeSpan? lifetime)
    {
        _message = message;
        _records = records;
        Lifetime = lifetime;
    }

    /// <summary>How long it may be kept, as the records say; null if nobody says it.</summary>
    public TimeSpan? Lifetime { get; }

    /// <summary>How the query went.</summary>
    public ReturnCode Code => (ReturnCode)(_message[3] & 0xF);

    /// <summary>Whether the server answered, with records or with their absence. What did not work now may work at another server.</summary>
    public bool IsDefinite => Code is ReturnCode.NoError or ReturnCode.NameError;

    /// <summary>Whether there are records of what was asked.</summary>
    public bool IsPositive => Code is ReturnCode.NoError && DnsQuery.CountAt(_message, 6) > 0;

    /// <summary>The bytes that it takes.</summary>
    public int Bytes => _message.Length + (_records.Count * PlaceBytes);

    /// <summary>Reads a message.</summary>
    /// <param name="message">What a server has sent.</param>
    /// <param name="question">What it was asked.</param>
    /// <returns>Null if it is no answer to the question.</returns>
    public static UpstreamAnswer? Parse(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question)
    {
        if (!IsAnswer(message, question))
            return null;
        var records = new List<Place>();
        var offset = DnsQuery.HeadBytes + question.Length;
        var end = offset;
        Span<int> counts = stackalloc int[3];
        for (var section = 0; section < counts.Length; section++)
        {
            for (var left = DnsQuery.CountAt(message, 6 + (2 * section)); left > 0; left--)
            {
                var name = offset;
                if (!WireName.TrySkip(message, ref offset) || offset + FixedRecordBytes > message.Length)
                    return null;
                var place = new Place(section, name, offset, DnsQuery.CountAt(message, offset + 8));
                offset = place.DataOffset + place.DataBytes;
                if (offset > message.Length)
                    return null;

                // What follows EDNS, which is the last as a rule, is left out too: it need not be there.
                if (section == 2 && (RecordType)DnsQuery.CountAt(message, place.Offset) == RecordType.Opt)
                    return Of(message[..end], records, counts);
                records.Add(place);
                counts[section]++;
                end = offset;
            }
        }

        return Of(message[..end], records, counts);
    }

    /// <summary>Whether a message says that it is incomplete.</summary>
    public static bool IsTruncated(ReadOnlySpan<byte> message) => (message[2] & 2) != 0;

    /// <summary>Whether a message answers a question.</summary>
    public static bool IsAnswer(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question)
    {
        if (message.Length < DnsQuery.HeadBytes + question.Length || (message[2] & 0x80) == 0 || DnsQuery.CountAt(message, 4) != 1)
            return false;
        Span<byte> asked = stackalloc byte[question.Length];
        Span<byte> answered = stackalloc byte[question.Length];
        question.CopyTo(asked);
        message.Slice(DnsQuery.HeadBytes, question.Length).CopyTo(answered);
        WireName.ToLower(asked[..^4]);
        WireName.ToLower(answered[..^4]);
        return asked.SequenceEqual(answered);
    }

    /// <summary>Writes the answer for a client.</summary>
    /// <param name="query">What the client asked.</param>
    /// <param name="buffer">Receives the answer.</param>
    /// <param name="bytesMax">The most bytes. An answer with more is only a head that says so, and the client asks again over TCP.</param>
    /// <param name="age">How long the answer has been kept.</param>
    /// <returns>The bytes of the answer.</returns>
    public int Write(DnsQuery query, Span<byte> buffer, int bytesMax, TimeSpan age)
    {
        var fits = _message.Length <= ResponseWriter.RoomOf(query, bytesMax);
        var length = fits ? _message.Length : DnsQuery.HeadBytes + query.Question.Length;
        _message.AsSpan(..length).CopyTo(buffer);
        query.Question.CopyTo(buffer[DnsQuery.HeadBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(buffer, query.Id);
        buffer[2] = (byte)(0x80 | (fits ? 0 : 2) | (query.IsRecursionDesired ? 1 : 0));
        buffer[3] = (byte)(0x80 | (_message[3] & 0x2F) | (query.IsCheckingDisabled ? 0x10 : 0));
        if (!fits)
            buffer[6..DnsQuery.HeadBytes].Clear();
        foreach (var record in fits ? _records : [])
            BinaryPrimitives.WriteInt32BigEndian(buffer[(record.Offset + 4)..], TtlOf(_message, record, age));
        return ResponseWriter.AddEdns(buffer, length, query, Code);
    }

    /// <summary>The answer's records, for a message of another layout: those of aliases and of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="age">How long the answer has been kept.</param>
    public IEnumerable<ResourceRecord> Records(RecordType type, TimeSpan age)
    {
        foreach (var record in _records.Where(record => record.Section == 0))
        {
            var found = (RecordType)DnsQuery.CountAt(_message, record.Offset);
            if ((found != type && found != RecordType.Cname) || DnsQuery.CountAt(_message, record.Offset + 2) != ClassIn)
                continue;
            var at = record.Name;
            if (WireName.Expand(_message, ref at) is { } name && DataOf(record, found) is var (data, target))
                yield return new ResourceRecord(name, found, TtlOf(_message, record, age), data, target);
        }
    }

    private static UpstreamAnswer Of(ReadOnlySpan<byte> message, List<Place> records, ReadOnlySpan<int> counts)
    {
        var own = message.ToArray();
        for (var section = 0; section < counts.Length; section++)
            BinaryPrimitives.WriteUInt16BigEndian(own.AsSpan(6 + (2 * section)), (ushort)counts[section]);
        return new UpstreamAnswer(own, records, LifetimeOf(own, records));
    }

    /// <summary>The shortest time of the answer's records; without any, that of the zone's start (RFC 2308).</summary>
    private static TimeSpan? LifetimeOf(byte[] message, List<Place> records)
    {
        var isPositive = (message[3] & 0xF) == 0 && records.Exists(record => record.Section == 0);
        int? shortest = null;
        foreach (var record in records.Where(record => isPositive ? record.Section == 0 : IsStart(message, record)))
        {
            var seconds = TtlOf(message, record, TimeSpan.Zero);
            if (!isPositive)
                seconds = Math.Min(seconds, BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(record.DataOffset + record.DataBytes - 4)));
            shortest = shortest is null ? seconds : Math.Min(seconds, shortest.Value);
        }

        return shortest is { } value ? TimeSpan.FromSeconds(Math.Max(0, value)) : null;
    }

    private static bool IsStart(byte[] message, Place record) =>
        record is { Section: 1, DataBytes: >= 22 } && (RecordType)DnsQuery.CountAt(message, record.Offset) == RecordType.Soa;

    /// <summary>A time with the highest bit counts as none (RFC 2181, 8).</summary>
    private static int TtlOf(byte[] message, Place record, TimeSpan age)
    {
        var ttl = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(record.Offset + 4)));
        return Math.Max(0, ttl - (int)Math.Min(age.TotalSeconds, int.MaxValue));
    }

    /// <summary>The data of a record without pointers. Only the old types may have them (RFC 3597, 4).</summary>
    private (byte[] Data, byte[]? Target)? DataOf(Place record, RecordType type)
    {
        var before = type switch
        {
            RecordType.Cname or RecordType.Ns or RecordType.Ptr => 0,
            RecordType.Mx => 2,
            RecordType.Srv => 6,
            _ => record.DataBytes,
        };
        var data = _message.AsSpan(record.DataOffset, record.DataBytes);
        if (type is RecordType.Soa || before > data.Length)
            return null;
        if (before == data.Length)
            return (data.ToArray(), null);
        var at = record.DataOffset + before;
        return WireName.Expand(_message, ref at) is { } target ? (data[..before].ToArray(), target) : null;
    }

    /// <summary>A record in the message.</summary>
    private readonly record struct Place(int Section, int Name, int Offset, int DataBytes)
    {
        public int DataOffset => Offset + FixedRecordBytes;
    }
}
