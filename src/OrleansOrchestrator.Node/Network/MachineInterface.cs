using System.Net;

namespace OrleansOrchestrator.Node.Network;

/// <summary>An interface of the machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mtu">The largest packet in bytes.</param>
/// <param name="Addresses">Its addresses, each with the length of the prefix of its segment.</param>
internal sealed record MachineInterface(string Name, int Mtu, IReadOnlyList<(IPAddress Address, int PrefixLength)> Addresses)
{
    /// <summary>Whether an address is in one of its segments.</summary>
    public bool Reaches(IPAddress address) => Addresses.Any(own =>
        own.Address.AddressFamily == address.AddressFamily && SegmentOf(own.Address, own.PrefixLength).Contains(address));

    private static IPNetwork SegmentOf(IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), prefixLength);
    }
}
