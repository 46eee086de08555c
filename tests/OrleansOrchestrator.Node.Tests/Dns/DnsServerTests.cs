using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;
using RecordType = ARSoft.Tools.Net.Dns.RecordType;

namespace OrleansOrchestrator.Node.Tests.Dns;

/// <summary>The server over sockets, asked by a client that others wrote and by packets that nobody should send.</summary>
public sealed class DnsServerTests : IAsyncDisposable
{
    private readonly DnsFixture _dns = new(options => options with { DnsConnectionsMax = 8 });
    private readonly DnsUdpListener _udp;
    private readonly DnsTcpListener _tcp;
    private readonly IPEndPoint _address;

    public DnsServerTests()
    {
        _dns.Index.Upsert(DnsFixture.Service("web", "10.96.0.5"));
        _dns.Index.Upsert(DnsFixture.Service("many", "None"));
        _dns.Index.Upsert(DnsFixture.Slice("many", "a", "web", [.. Enumerable.Range(1, 200).Select(i => $"10.0.0.{i}")]));
        _address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        _udp = DnsUdpListener.Open(_address, _dns.Responder, _dns.Budget, TimeProvider.System, NullLogger.Instance);
        _tcp = DnsTcpListener.Open(_address, _dns.Responder, _dns.Budget, TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _udp.DisposeAsync();
        await _tcp.DisposeAsync();
        await _dns.DisposeAsync();
    }

    [Theory]
    [InlineData("web.default.svc.cluster.local", 1)]
    [InlineData("many.default.svc.cluster.local", 200)]
    public async Task Client_OfAnotherLibrary_GetsAllRecords(string name, int count)
    {
        using var client = new DnsClient([IPAddress.Loopback], [new UdpClientTransport(_address.Port), new TcpClientTransport(_address.Port)], true, 30_000);

        var message = await client.ResolveAsync(DomainName.Parse(name), RecordType.A, token: TestContext.Current.CancellationToken);

        message!.AnswerRecords.Count.ShouldBe(count);
    }

    [Theory]
    [InlineData(null, 512, 29)]
    [InlineData(512, 512, 28)]
    [InlineData(1232, 1232, 73)]
    [InlineData(65535, 1232, 73)]
    public async Task Answer_ThatIsTooLongForUdp_HasWhatFitsAndSaysSo(int? payload, int bytesMax, int records)
    {
        using var socket = Connect();
        var bytes = await AskAsync(socket, DnsFixture.Query("many.default.svc.cluster.local", RecordType.A, payload));
        var message = DnsMessage.Parse(bytes);

        bytes.Count.ShouldBeLessThanOrEqualTo(bytesMax);
        (message.IsTruncated, message.AnswerRecords.Count, message.IsEDnsEnabled).ShouldBe((true, records, payload is not null));
    }

    [Theory]
    [InlineData("0007010000010000000000010377656200000100010000290200000100000000", 16, "a version of EDNS that there is not")]
    [InlineData("00072800000100000000000003776562000001000100", 4, "an update")]
    [InlineData("000701000000000000000000", 1, "no question")]
    [InlineData("000701000002000000000000", 1, "two questions")]
    [InlineData("000701000001000000000000c00c00010001", 1, "a name that points to itself")]
    [InlineData("00070100000100000000000003776562", 1, "half a name")]
    [InlineData("0007010000010000000000000377656200000100", 1, "half a question")]
    [InlineData("000701000001000000000001037765620000010001", 1, "fewer records than said")]
    [InlineData("0007010000010000000000000377656200000100ff", 0, "any class")]
    [InlineData("000701000001000000000000037765620000010003", 5, "another class")]
    public async Task Query_ThatIsNone_IsToldSo(string hex, int code, string what)
    {
        using var socket = Connect();

        var answer = await AskAsync(socket, Convert.FromHexString(hex));

        var extended = answer.Count > 12 && answer[11] == 1 ? answer[^6] << 4 : 0;
        if (code == 0)
            (answer[3] & 0xF).ShouldBe(2, what);
        else
            ((answer[3] & 0xF) | extended).ShouldBe(code, what);
        (answer[0], answer[1], answer[2] & 0x80).ShouldBe(((byte)0, (byte)7, 0x80));
    }

    [Fact]
    public async Task Packets_OfAnyBytes_HarmNobody()
    {
        using var socket = Connect();
        var seed = DnsFixture.Query("_web._tcp.many.default.svc.cluster.local", RecordType.Srv, 1232);
        Mangled(seed).Sample(packet => socket.Send(packet), iter: 500, threads: 1);
        Gen.Byte.Array[0, 100].Sample(packet => socket.Send(packet), iter: 500, threads: 1);
        using var own = Connect();

        await Eventually.HoldsAsync(async () => DnsFixture.Describe(DnsMessage.Parse(await AskAsync(own, DnsFixture.Query("web.default.svc.cluster.local", RecordType.A)))) == "web.default.svc.cluster.local A 10.96.0.5");
    }

    [Fact]
    public void Queries_OfAnyBytes_AreAnsweredOrRefusedWithinTheirBytes()
    {
        var seed = DnsFixture.Query("_web._tcp.many.default.svc.cluster.local", RecordType.Srv, 1232);
        Mangled(seed).Sample(packet =>
        {
            if (DnsQuery.Parse(packet, out _) is not { } query)
                return;
            var buffer = new byte[DnsQuery.PayloadBytesMax];
            if (_dns.Responder.TryAnswer(query, buffer, query.PayloadBytes, out var length))
            {
                length.ShouldBeLessThanOrEqualTo(query.PayloadBytes);
                DnsMessage.Parse(new ArraySegment<byte>(buffer, 0, length)).Questions.Count.ShouldBe(1);
            }
        }, iter: 5000);
    }

    [Fact]
    public void Answers_OfUpstreamOfAnyBytes_AreReadOrLeftOut()
    {
        var query = DnsQuery.Parse(DnsFixture.Query("a.org", RecordType.Mx, 1232), out _)!;
        byte[] seed =
        [
            0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 1, 0, 1, .. query.Question, 0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, (byte)'b', 0xC0, 14, 0xC0, 35, 0, 15, 0, 1, 0, 0, 0, 9, 0, 4,
            0, 10, 0xC0, 35, 0xC0, 14, 0, 6, 0, 1, 0, 0, 0, 9, 0, 22, 0, 0, .. new byte[20], 0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 0,
        ];
        UpstreamAnswer.Parse(seed, query.Question)!.Records(OrleansOrchestrator.Node.Dns.RecordType.Mx, TimeSpan.Zero).Count().ShouldBe(2);
        Mangled(seed).Sample(message =>
        {
            if (UpstreamAnswer.Parse(message, query.Question) is not { } answer)
                return;
            var buffer = new byte[DnsQuery.PayloadBytesMax];
            answer.Write(query, buffer, buffer.Length, TimeSpan.FromSeconds(1)).ShouldBeLessThanOrEqualTo(buffer.Length);
            answer.Records(OrleansOrchestrator.Node.Dns.RecordType.Mx, TimeSpan.Zero).Count().ShouldBeLessThanOrEqualTo(message.Length);
        }, iter: 5000);
    }

    [Fact]
    public async Task Connections_OverTcp_ServeSeveralQueriesAndAreBoundedForEachClient()
    {
        var connections = new List<TcpClient>();
        for (var i = 0; i < 4; i++)
        {
            connections.Add(new TcpClient());
            await connections[^1].ConnectAsync(_address, TestContext.Current.CancellationToken);
            (await AskAsync(connections[^1], "web")).AnswerRecords.Count.ShouldBe(1);
            (await AskAsync(connections[^1], "many")).AnswerRecords.Count.ShouldBe(200);
        }

        using var tooMany = new TcpClient();
        await tooMany.ConnectAsync(_address, TestContext.Current.CancellationToken);
        (await IsClosedAsync(tooMany)).ShouldBeTrue();
        using var other = new TcpClient(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        await other.ConnectAsync(_address, TestContext.Current.CancellationToken);
        (await AskAsync(other, "web")).AnswerRecords.Count.ShouldBe(1);
        other.Close();

        connections.ForEach(connection => connection.Dispose());
        await Eventually.IsAsync(() => _dns.Budget.Connections.Taken, 0);
        using var next = new TcpClient();
        await next.ConnectAsync(_address, TestContext.Current.CancellationToken);
        (await AskAsync(next, "web")).AnswerRecords.Count.ShouldBe(1);
        await next.GetStream().WriteAsync(new byte[] { 0xFF, 0xFF, 1 }, TestContext.Current.CancellationToken);
        (await IsClosedAsync(next)).ShouldBeTrue();
    }

    /// <summary>A packet with some bytes changed, and its end cut off or made longer.</summary>
    private static Gen<byte[]> Mangled(byte[] seed) =>
        Gen.Select(Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Byte).Array[0, 4], Gen.Int[0, seed.Length], Gen.Byte.Array[0, 20], (changes, length, more) =>
        {
            var packet = seed.ToArray();
            foreach (var (at, value) in changes)
                packet[at] = value;
            return length % 3 > 0 ? [.. packet, .. more] : packet[..length];
        });

    private static async Task<bool> IsClosedAsync(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static async Task<DnsMessage> AskAsync(TcpClient client, string service)
    {
        var query = DnsFixture.Query($"{service}.default.svc.cluster.local", RecordType.A);
        await client.GetStream().WriteAsync((byte[])[0, (byte)query.Length, .. query], TestContext.Current.CancellationToken);
        var length = new byte[2];
        await client.GetStream().ReadExactlyAsync(length, TestContext.Current.CancellationToken);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await client.GetStream().ReadExactlyAsync(message, TestContext.Current.CancellationToken);
        return DnsMessage.Parse(message);
    }

    private static async Task<ArraySegment<byte>> AskAsync(Socket socket, byte[] query)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Eventually.Patience);
        await socket.SendAsync(query, patience.Token);
        var buffer = new byte[4096];
        return new ArraySegment<byte>(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(_address);
        return socket;
    }
}
