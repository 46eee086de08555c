using System.Buffers.Binary;
using System.Net;

namespace OrleansOrchestrator.Controllers.NodeAddressing;

/// <summary>A range of the cluster, cut into equal ranges for nodes.</summary>
/// <param name="network">The cluster's range.</param>
/// <param name="maskSize">The length of the prefix of a node's range.</param>
public sealed class NodeRangePool(IPNetwork network, int maskSize)
{
    private readonly UInt128 _first = ToNumber(network.BaseAddress);
    private readonly int _addressBits = network.BaseAddress.GetAddressBytes().Length * 8;

    /// <summary>The cluster's range.</summary>
    public IPNetwork Network { get; } = network;

    /// <summary>How many nodes it has room for.</summary>
    public int Count { get; } = 1 << (maskSize - network.PrefixLength);

    /// <summary>The range at a position.</summary>
    public IPNetwork At(int index) => new(ToAddress(_first + ((UInt128)(uint)index << (_addressBits - maskSize))), maskSize);

    private static UInt128 ToNumber(IPAddress address) => address.GetAddressBytes().Aggregate(UInt128.Zero, (number, part) => (number << 8) | part);

    private IPAddress ToAddress(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(bytes[(16 - (_addressBits / 8))..]);
    }
}
