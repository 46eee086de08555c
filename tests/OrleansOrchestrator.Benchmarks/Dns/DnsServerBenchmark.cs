using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Benchmarks.Dns;

/// <summary>What a DNS query of a pod costs: with the sockets of server and client, and without any. For one core, run it under
/// <c>taskset -c 0</c>.</summary>
[MemoryDiagnoser]
public class DnsServerBenchmark
{
    private const int Queries = 20_000;
    private const int InFlight = 32;
    private const int Packets = 1_000;

    private readonly byte[] _buffer = new byte[DnsQuery.PayloadBytesMax];
    private byte[][] _packets = [];
    private DnsResponder _responder = null!;
    private UpstreamResolver _upstream = null!;
    private DnsUdpListener _server = null!;
    private Socket _client = null!;

    /// <summary>The services of the cluster.</summary>
    [Params(1_000, 10_000)]
    public int Services { get; set; }

    /// <summary>What is asked: the address of a service, or that of a headless service with 10 endpoints, or a name that there is not.</summary>
    [Params("service", "headless", "missing")]
    public string Name { get; set; } = "";

    [GlobalSetup]
    public void Start()
    {
        var index = new ServiceIndex();
        index.Replace([.. Enumerable.Range(0, Services).SelectMany(i => new[] { Service(i, isHeadless: false), Service(i, isHeadless: true) })]);
        index.Replace([.. Enumerable.Range(0, Services).Select(SliceOf)]);
        var options = new NodeAgentOptions { DataDirectory = "unused" };
        _upstream = new UpstreamResolver(new UpstreamServers(options, _ => null, TimeProvider.System), options, TimeProvider.System);
        _responder = new DnsResponder(new ClusterZone(index, "cluster.local", 5), _upstream);
        _server = DnsUdpListener.Open(new IPEndPoint(IPAddress.Loopback, 0), _responder, new DnsBudget(1, 1), TimeProvider.System, NullLogger.Instance);
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 1000 };
        _client.Connect(new IPEndPoint(IPAddress.Loopback, _server.Port));
        _packets = [.. Enumerable.Range(0, Packets).Select(i => NumberOf(i) is var number ? PacketOf($"{Name}-{number}.ns{number % 50}.svc.cluster.local") : [])];
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Benchmark(OperationsPerInvoke = Queries)]
    public int OverUdp()
    {
        var (sent, answered) = (0, 0);
        while (answered < Queries)
        {
            for (; sent < Queries && sent - answered < InFlight; sent++)
                _client.Send(_packets[sent % _packets.Length]);
            _client.Receive(_buffer);
            answered++;
        }

        return answered;
    }

    [Benchmark(OperationsPerInvoke = Queries)]
    public int WithoutSockets()
    {
        var bytes = 0;
        for (var i = 0; i < Queries; i++)
        {
            var query = DnsQuery.Parse(_packets[i % _packets.Length], out _)!;
            _responder.TryAnswer(query, _buffer, query.PayloadBytes, out var length);
            bytes += length;
        }

        return bytes;
    }

    private int NumberOf(int packet) => packet * (Services / Packets);

    private static V1Service Service(int number, bool isHeadless) => new()
    {
        Metadata = new V1ObjectMeta { Name = $"{(isHeadless ? "headless" : "service")}-{number}", NamespaceProperty = $"ns{number % 50}" },
        Spec = new V1ServiceSpec { ClusterIP = isHeadless ? "None" : AddressOf(10, 96, number), Ports = [new V1ServicePort { Name = "http", Port = 80 }] },
    };

    private static V1EndpointSlice SliceOf(int number) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = $"headless-{number}-a",
            NamespaceProperty = $"ns{number % 50}",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = $"headless-{number}" },
        },
        AddressType = "IPv4",
        Endpoints = [.. Enumerable.Range(0, 10).Select(i => new V1Endpoint { Addresses = [AddressOf(10, 100 + i, number)] })],
        Ports = [new Discoveryv1EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" }],
    };

    private static string AddressOf(int first, int second, int number) => string.Create(CultureInfo.InvariantCulture, $"{first}.{second}.{number / 250}.{1 + (number % 250)}");

    private static byte[] PacketOf(string name)
    {
        var wire = WireName.FromText(name)!;
        var packet = new byte[DnsQuery.HeadBytes + wire.Length + 4];
        (packet[2], packet[5]) = (1, 1);
        wire.CopyTo(packet, DnsQuery.HeadBytes);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(DnsQuery.HeadBytes + wire.Length), (ushort)RecordType.A);
        packet[^1] = 1;
        return packet;
    }
}
