using System.Net;
using System.Net.Sockets;
using System.Text;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class ProxyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Range_NotGiven_IsWhatTheClusterSays()
    {
        await using var fixture = ProxyFixture.Start(ProxyFixture.Options with { ServiceCidr = null });
        fixture.Proxy.Rounds.ShouldBe(0, "nothing is known of the cluster yet");
        var kubernetes = ProxyFixture.Service("kubernetes", "127.98.0.1", new V1ServicePort { Port = 443 });
        kubernetes.Metadata.Annotations = new Dictionary<string, string> { [ClusterService.ServiceRangeAnnotation] = "127.98.0.0/16" };

        fixture.Read(kubernetes);

        await Eventually.IsAsync(() => fixture.Proxy.Budget.Ports, 1, "the port is open");
    }

    [Fact]
    public void EndpointPicker_WithoutAffinity_TakesTurns()
    {
        var picker = new EndpointPicker(Route(null), _ => false, new FakeTimeProvider());

        var firsts = Enumerable.Range(0, 6).Select(_ => picker.Candidates(IPAddress.Loopback)[0].Port).ToList();

        firsts.ShouldBe([1, 2, 3, 1, 2, 3]);
    }

    [Fact]
    public void EndpointPicker_WithAffinity_StaysUntilItExpires()
    {
        var time = new FakeTimeProvider();
        var picker = new EndpointPicker(Route(TimeSpan.FromSeconds(10)), _ => false, time);
        var chosen = picker.Candidates(IPAddress.Loopback)[0];
        picker.Chosen(IPAddress.Loopback, chosen);
        picker.Candidates(IPAddress.Parse("10.1.1.1"))[0].ShouldNotBe(chosen);

        picker.Candidates(IPAddress.Loopback)[0].ShouldBe(chosen);
        time.Advance(TimeSpan.FromSeconds(11));
        picker.Candidates(IPAddress.Loopback)[0].ShouldNotBe(chosen);
    }

    [Fact]
    public void EndpointPicker_TrafficThatStaysOnTheNode_LeadsClientsOutsideToItsEndpoints()
    {
        var outside = IPAddress.Parse("192.0.2.1");
        var route = Route(null) with { OutsideEndpoints = [new IPEndPoint(IPAddress.Loopback, 2)] };
        var picker = new EndpointPicker(route, outside.Equals, new FakeTimeProvider());

        picker.Candidates(outside).Select(one => one.Port).ShouldBe([2]);
        picker.Candidates(IPAddress.Loopback).Count.ShouldBe(3);

        picker.Route = route with { OutsideEndpoints = [] };
        picker.Candidates(outside).ShouldBeEmpty();
    }

    [Fact]
    public void EndpointPicker_SourceRanges_LetNobodyElseCome()
    {
        var picker = new EndpointPicker(Route(null) with { Sources = [IPNetwork.Parse("192.0.2.0/24")] }, _ => false, new FakeTimeProvider());

        picker.Candidates(IPAddress.Parse("192.0.2.1")).Count.ShouldBe(3);
        picker.Candidates(IPAddress.Loopback).ShouldBeEmpty();
    }

    [Fact]
    public void OutsideClients_AreNeitherPodsNorThisMachine()
    {
        var time = new FakeTimeProvider();
        var own = new List<IPAddress> { IPAddress.Parse("198.51.100.1") };
        var outside = new OutsideClients([IPNetwork.Parse("10.244.0.0/16")], time, () => own);

        foreach (var inside in new[] { "127.0.0.2", "::1", "10.244.3.4", "198.51.100.1" })
            outside.Contains(IPAddress.Parse(inside)).ShouldBeFalse(inside);
        outside.Contains(IPAddress.Parse("198.51.100.2")).ShouldBeTrue();

        own.Add(IPAddress.Parse("198.51.100.2"));
        time.Advance(TimeSpan.FromSeconds(6));
        outside.Contains(IPAddress.Parse("198.51.100.2")).ShouldBeFalse("the machine got another address");
    }

    [Fact]
    public async Task Proxy_TcpConnection_CarriesBothWaysWithHalfClose()
    {
        await using var fixture = await ProxyFixture.StartAsync("127.96.201.1", isUdp: false);
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        await fixture.PointToAsync((IPEndPoint)backend.LocalEndpoint);

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Parse("127.96.201.1"), 80, Token);
        using var server = await backend.AcceptTcpClientAsync(Token);
        using var stream = client.GetStream();
        await stream.WriteAsync("question"u8.ToArray(), Token);
        client.Client.Shutdown(SocketShutdown.Send);
        (await ReadToEndAsync(server)).ShouldBe("question");

        // The client has closed its half; the answer still comes through.
        await server.GetStream().WriteAsync("answer"u8.ToArray(), Token);
        server.Close();
        (await ReadToEndAsync(stream)).ShouldBe("answer");
    }

    [Fact]
    public async Task Proxy_FirstEndpointRefuses_TriesTheNext()
    {
        await using var fixture = await ProxyFixture.StartAsync("127.96.201.2", isUdp: false);
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        await fixture.PointToAsync(new IPEndPoint(IPAddress.Parse("127.0.0.1"), 1), (IPEndPoint)backend.LocalEndpoint);

        for (var i = 0; i < 2; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Parse("127.96.201.2"), 80, Token);
            using var server = await backend.AcceptTcpClientAsync(Token);
            await server.GetStream().WriteAsync("ok"u8.ToArray(), Token);
            server.Close();
            (await ReadToEndAsync(client)).ShouldBe("ok");
        }
    }

    [Fact]
    public async Task Proxy_EndpointsChange_KeepsOpenConnections()
    {
        await using var fixture = await ProxyFixture.StartAsync("127.96.201.3", isUdp: false);
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        await fixture.PointToAsync((IPEndPoint)first.LocalEndpoint);
        using var old = new TcpClient();
        await old.ConnectAsync(IPAddress.Parse("127.96.201.3"), 80, Token);
        using var oldServer = await first.AcceptTcpClientAsync(Token);

        await fixture.PointToAsync((IPEndPoint)second.LocalEndpoint);

        using var fresh = new TcpClient();
        await fresh.ConnectAsync(IPAddress.Parse("127.96.201.3"), 80, Token);
        using var freshServer = await second.AcceptTcpClientAsync(Token);
        await oldServer.GetStream().WriteAsync("still here"u8.ToArray(), Token);
        oldServer.Close();
        (await ReadToEndAsync(old)).ShouldBe("still here");
    }

    [Fact]
    public async Task Proxy_ServiceRemoved_ClosesThePort()
    {
        await using var fixture = await ProxyFixture.StartAsync("127.96.201.4", isUdp: false);
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        await fixture.PointToAsync((IPEndPoint)backend.LocalEndpoint);
        using (var client = new TcpClient())
            await client.ConnectAsync(IPAddress.Parse("127.96.201.4"), 80, Token);

        fixture.RemoveService();

        await Eventually.HoldsAsync(() => !CanConnect("127.96.201.4"), "the port is closed");
    }

    [Fact]
    public async Task Proxy_UdpDatagram_IsAnswered()
    {
        await using var fixture = await ProxyFixture.StartAsync("127.96.201.5", isUdp: true);
        using var backend = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await fixture.PointToAsync((IPEndPoint)backend.Client.LocalEndPoint!);
        using var client = new UdpClient();
        client.Connect("127.96.201.5", 80);

        await client.SendAsync("ping"u8.ToArray(), Token);
        var received = await backend.ReceiveAsync(Token);
        await backend.SendAsync("pong"u8.ToArray(), received.RemoteEndPoint, Token);

        Encoding.ASCII.GetString(received.Buffer).ShouldBe("ping");
        Encoding.ASCII.GetString((await client.ReceiveAsync(Token)).Buffer).ShouldBe("pong");
    }

    private static bool CanConnect(string address)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Parse(address), 80);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Task<string> ReadToEndAsync(TcpClient client) => ReadToEndAsync(client.GetStream());

    private static async Task<string> ReadToEndAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadToEndAsync(Token);
    }

    private static ServiceRoute Route(TimeSpan? affinity) =>
        new("a/b", [.. new[] { 1, 2, 3 }.Select(port => new IPEndPoint(IPAddress.Loopback, port))], affinity);
}
