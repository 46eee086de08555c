using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>A range of IPv4 addresses for services, without its network and broadcast addresses.</summary>
public sealed class ServiceRange
{
    private readonly uint _network;

    private ServiceRange(uint network, int prefixLength)
    {
        _network = network;
        Count = (int)Math.Min((1L << (32 - prefixLength)) - 2, int.MaxValue);
    }

    /// <summary>The number of usable addresses.</summary>
    public int Count { get; }

    /// <summary>The address of the <c>kubernetes</c> service.</summary>
    public IPAddress First => At(0);

    /// <summary>Reads a range in CIDR notation.</summary>
    /// <exception cref="FormatException">It is not an IPv4 range of 8 to 65,536 × 256 addresses.</exception>
    public static ServiceRange Parse(string cidr)
    {
        if (!AddressSyntax.TryParseNetwork(cidr, out var network) || network.BaseAddress.AddressFamily != AddressFamily.InterNetwork
            || network.PrefixLength is < 8 or > 29)
        {
            throw new FormatException($"\"{cidr}\" is not an IPv4 range between /8 and /29, as in 10.96.0.0/16");
        }

        return new ServiceRange(BinaryPrimitives.ReadUInt32BigEndian(network.BaseAddress.GetAddressBytes()), network.PrefixLength);
    }

    /// <summary>The address at a position.</summary>
    public IPAddress At(int index)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, _network + 1 + (uint)index);
        return new IPAddress(bytes);
    }

    /// <summary>Whether the range contains an address.</summary>
    public bool Contains(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetwork)
            return false;
        var offset = (long)BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) - _network - 1;
        return offset >= 0 && offset < Count;
    }
}
