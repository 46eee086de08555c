using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Network;

/// <summary>An interface of the machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mtu">The largest packet in bytes.</param>
/// <param name="Addresses">Its addresses, each with the length of the prefix of its segment.</param>
/// <param name="IsUp">Whether it is up.</param>
internal sealed record MachineInterface(string Name, int Mtu, IReadOnlyList<(IPAddress Address, int PrefixLength)> Addresses, bool IsUp = true)
{
    /// <summary>The longest prefix of its segments in which an address may be another machine's; null if there is none.</summary>
    public int? PrefixTo(IPAddress address) =>
        Addresses.Where(own => own.Address.AddressFamily == address.AddressFamily && IsMachineOf(SegmentOf(own.Address, own.PrefixLength), address)).Max(own => (int?)own.PrefixLength);

    /// <summary>Whether an address is in a segment, and neither that of the segment itself nor that of all its machines (RFC 3021).</summary>
    private static bool IsMachineOf(IPNetwork segment, IPAddress address)
    {
        if (!segment.Contains(address) || address.AddressFamily != AddressFamily.InterNetwork || segment.PrefixLength >= 31)
            return segment.Contains(address);
        var all = uint.MaxValue >> segment.PrefixLength;
        var machine = BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) & all;
        return machine != 0 && machine != all;
    }

    private static IPNetwork SegmentOf(IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), prefixLength);
    }
}
