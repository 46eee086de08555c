using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using k8s.Models;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Proxy.Nftables;

/// <summary>
/// Services over SCTP in a real kernel. It forwards SCTP also where it has no sockets for it, as most kernels of small machines, so that
/// packets are made by hand.
/// </summary>
public sealed class KernelSctpTests
{
    private const string ClusterIP = "10.96.0.1";
    private const ProtocolType Sctp = (ProtocolType)132;
    private const int HeaderBytes = 12;
    private const int InitBytes = 20;
    private const int ChecksumPlace = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SctpService_LeadsToItsEndpoint_AndAnswersComeFromTheService()
    {
        await using var fixture = await KernelProxyFixture.StartAsync(pods: 1);
        await fixture.StartProxyAsync();
        var service = KernelProxyFixture.Service("web", ClusterIP, new V1ServicePort { Port = 80, Protocol = "SCTP" });
        await fixture.ServeAsync((service, [KernelProxyFixture.Slice(service, 8080, 0)]));
        using var node = await fixture.Node.DoAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, Sctp));
        using var pod = await fixture.Pod(0).DoAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, Sctp));

        await node.SendToAsync(Packet(from: 5000, to: 80, chunk: 1, tag: 0), new IPEndPoint(IPAddress.Parse(ClusterIP), 0), Token);
        var (source, asked) = await ReceiveAsync(pod);
        (source, PortAt(asked, 0), PortAt(asked, 2)).ShouldBe((KernelProxyFixture.NodeAddress, 5000, 8080));
        ChecksumOf(asked).ShouldBe(BinaryPrimitives.ReadUInt32LittleEndian(asked.AsSpan(ChecksumPlace)), "the kernel writes it anew");

        // The answer to the beginning of an association (INIT ACK).
        await pod.SendToAsync(Packet(from: 8080, to: 5000, chunk: 2, tag: 1), new IPEndPoint(IPAddress.Parse(source), 0), Token);
        var (answering, answer) = await ReceiveAsync(node);
        (answering, PortAt(answer, 0), PortAt(answer, 2)).ShouldBe((ClusterIP, 80, 5000));
    }

    /// <summary>A packet with one chunk, which begins an association or answers to one (RFC 9260).</summary>
    private static byte[] Packet(ushort from, ushort to, byte chunk, uint tag)
    {
        var packet = new byte[HeaderBytes + InitBytes];
        BinaryPrimitives.WriteUInt16BigEndian(packet, from);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), to);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), tag);
        packet[HeaderBytes] = chunk;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(HeaderBytes + 2), InitBytes);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(HeaderBytes + 4), 1);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(HeaderBytes + 8), 100_000);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(HeaderBytes + 12), 0x0001_0001);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(HeaderBytes + 16), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(ChecksumPlace), ChecksumOf(packet));
        return packet;
    }

    /// <summary>The CRC32c of a packet whose own checksum counts as zero.</summary>
    private static uint ChecksumOf(byte[] packet)
    {
        var sum = uint.MaxValue;
        for (var i = 0; i < packet.Length; i++)
            sum = BitOperations.Crc32C(sum, i is >= ChecksumPlace and < ChecksumPlace + 4 ? (byte)0 : packet[i]);
        return ~sum;
    }

    private static int PortAt(byte[] packet, int place) => BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(place));

    /// <summary>Receives a packet, and who sent it.</summary>
    private static async Task<(string Source, byte[] Packet)> ReceiveAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        var buffer = new byte[1500];
        var count = await socket.ReceiveAsync(buffer, limit.Token);
        var header = 4 * (buffer[0] & 0xf);
        return (new IPAddress(buffer.AsSpan(12, 4)).ToString(), buffer[header..count]);
    }
}
