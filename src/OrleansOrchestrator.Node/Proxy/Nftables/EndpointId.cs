using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>
/// Names endpoints by numbers, by which the kernel remembers which one a client got. They follow from the addresses, so that they are
/// the same after a restart of the daemon.
/// </summary>
internal static class EndpointId
{
    // These two have a meaning of their own in a packet's priority.
    private const uint None = 0;
    private const uint Root = uint.MaxValue;

    /// <summary>The ids of some endpoints, in the form of a packet's priority.</summary>
    public static IReadOnlyDictionary<IPEndPoint, string> Of(IEnumerable<IPEndPoint> endpoints)
    {
        var taken = new HashSet<uint> { None, Root };
        var ids = new Dictionary<IPEndPoint, string>();
        foreach (var (hash, endpoint) in endpoints.Select(one => (Hash: HashOf(one), Endpoint: one)).OrderBy(one => one.Hash))
        {
            // Among four thousand million numbers hardly two are equal; if they are, the later one takes the next.
            var id = hash;
            while (!taken.Add(id))
                id++;
            ids[endpoint] = TableText.Priority(id);
        }

        return ids;
    }

    private static uint HashOf(IPEndPoint endpoint)
    {
        Span<byte> bytes = stackalloc byte[16 + sizeof(ushort)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        endpoint.Address.TryWriteBytes(bytes, out var count);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[count..], (ushort)endpoint.Port);
        SHA256.HashData(bytes[..(count + sizeof(ushort))], hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
