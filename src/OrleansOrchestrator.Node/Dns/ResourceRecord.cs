using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>A record of an answer, in the class IN.</summary>
/// <param name="Name">The name of which it is, as in messages; null for the name of the question.</param>
/// <param name="Type">The type.</param>
/// <param name="TtlSeconds">How long it may be kept.</param>
/// <param name="Data">The data, without the name at its end.</param>
/// <param name="Target">The name with which the data of some types end; null for others.</param>
internal sealed record ResourceRecord(byte[]? Name, RecordType Type, int TtlSeconds, byte[] Data, byte[]? Target = null)
{
    // As CoreDNS; nobody transfers the zone, so that only the last number of its start counts.
    private const int RefreshSeconds = 7200;
    private const int RetrySeconds = 1800;
    private const int ExpireSeconds = 86_400;

    /// <summary>An address record, of the type of the address.</summary>
    public static ResourceRecord Address(byte[]? name, ReadOnlySpan<byte> address, int ttlSeconds) =>
        new(name, TypeOf(address.Length), ttlSeconds, address.ToArray());

    /// <summary>The type of the records of addresses with so many bytes.</summary>
    public static RecordType TypeOf(int addressBytes) => addressBytes == 4 ? RecordType.A : RecordType.Aaaa;

    public static ResourceRecord Alias(byte[]? name, byte[] target, int ttlSeconds) => new(name, RecordType.Cname, ttlSeconds, [], target);

    public static ResourceRecord Pointer(byte[] target, int ttlSeconds) => new(null, RecordType.Ptr, ttlSeconds, [], target);

    /// <summary>A text record of one string.</summary>
    public static ResourceRecord Text(string text, int ttlSeconds) => new(null, RecordType.Txt, ttlSeconds, [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)]);

    /// <summary>A service record (RFC 2782). All have the same priority, and share the work equally.</summary>
    public static ResourceRecord Service(int port, byte[] target, int ttlSeconds) =>
        new(null, RecordType.Srv, ttlSeconds, [0, 0, 0, 100, (byte)(port >> 8), (byte)port], target);

    /// <summary>The start of a zone: tells in answers without records how long that may be kept (RFC 2308).</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="server">The name of its server.</param>
    /// <param name="ttlSeconds">The time to keep.</param>
    public static ResourceRecord Start(byte[] zone, byte[] server, int ttlSeconds)
    {
        byte[] mailbox = [10, .. "hostmaster"u8, .. zone];
        var data = new byte[server.Length + mailbox.Length + 20];
        server.CopyTo(data, 0);
        mailbox.CopyTo(data, server.Length);
        var numbers = data.AsSpan(server.Length + mailbox.Length);
        ReadOnlySpan<int> values = [1, RefreshSeconds, RetrySeconds, ExpireSeconds, ttlSeconds];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(numbers[(4 * i)..], values[i]);
        return new ResourceRecord(zone, RecordType.Soa, ttlSeconds, data);
    }

    /// <summary>The record for logs.</summary>
    public override string ToString() => Type is RecordType.A or RecordType.Aaaa
        ? $"{Type} {new IPAddress(Data)}"
        : string.Create(CultureInfo.InvariantCulture, $"{Type} of {Data.Length + (Target?.Length ?? 0)} bytes");
}
