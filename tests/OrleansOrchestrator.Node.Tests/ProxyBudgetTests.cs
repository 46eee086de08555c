using System.Net;
using System.Net.Sockets;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>One bad service harms itself only.</summary>
public sealed class ProxyBudgetTests : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    private readonly Task _echoing;

    public ProxyBudgetTests()
    {
        _echo.Start();
        _echoing = EchoAsync();
    }

    private IPEndPoint Echo => (IPEndPoint)_echo.LocalEndpoint;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _echo.Stop();
        await _echoing;
        _stop.Dispose();
    }

    [Fact]
    public async Task Service_OfTwentyThousandPorts_HasItsBudgetAndLeavesOthersAlone()
    {
        var before = OpenDescriptors();
        await using var fixture = ProxyFixture.Start(ProxyFixture.Options);
        fixture.Put(ProxyFixture.Service("absurd", "127.96.202.1", Ports(20_000)), Echo);
        fixture.Put(ProxyFixture.Service("web", "127.96.202.2", Ports(1)), Echo);

        await Eventually.HoldsAsync(() => fixture.HasTold("absurd", "TooManyPorts"), "the service is told");
        (await ProxyFixture.AnswersAsync("127.96.202.1", 1000)).ShouldBeTrue();
        (await ProxyFixture.AnswersAsync("127.96.202.2", 1000)).ShouldBeTrue();

        fixture.Proxy.Budget.Ports.ShouldBe(257);
        (OpenDescriptors() - before).ShouldBeLessThan(600);
        fixture.Told.ShouldAllBe(told => told.Service == "absurd");
    }

    [Fact]
    public async Task Service_OverItsBudget_HasAnEventInTheApi()
    {
        await using var node = await TestNode.StartAsync(
            RuntimeKind.Hollow, options => options with { ServiceProxy = true, NodePortAddresses = [], ProxyServicePortsMax = 1, RecordEvents = null });
        var service = ProxyFixture.Service("absurd", "127.96.202.9", Ports(2));
        service.Metadata.Uid = "u-absurd";
        node.Api.Put("api/v1/namespaces/default/services/absurd", service);

        var told = await Eventually.AnswersAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").FirstOrDefault(told => told.Reason == "TooManyPorts"), "the service is told");

        (told.InvolvedObject.Kind, told.InvolvedObject.Name, told.Type, told.Source.Component).ShouldBe(("Service", "absurd", "Warning", "kube-proxy"));
    }

    [Fact]
    public async Task Connections_OfOneService_LeavePlacesToOthers()
    {
        await using var fixture = ProxyFixture.Start(ProxyFixture.Options with { ProxyConnectionsMax = 20, ProxyServiceConnectionsMax = 1000 });
        fixture.Put(ProxyFixture.Service("greedy", "127.96.202.3", Ports(1)), Echo);
        fixture.Put(ProxyFixture.Service("web", "127.96.202.4", Ports(1)), Echo);
        await Eventually.IsAsync(() => fixture.Proxy.Budget.Ports, 2, "the ports are open");
        var clients = new List<TcpClient>();
        for (var i = 0; i < 40; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Parse("127.96.202.3"), 1000, Token);
            clients.Add(client);
        }

        await Eventually.HoldsAsync(() => fixture.HasTold("greedy", "TooManyConnections"), "the service is told");
        (await ProxyFixture.AnswersAsync("127.96.202.4", 1000)).ShouldBeTrue();
        fixture.Proxy.Budget.Carried.ShouldBeLessThanOrEqualTo(40);

        clients.ForEach(client => client.Dispose());
        await Eventually.IsAsync(() => fixture.Proxy.Budget.Carried, 0, "all places are given back");
    }

    [Fact]
    public async Task UdpService_OfAnUnroutableEndpoint_HoldsNoPlaces()
    {
        await using var fixture = await ProxyFixture.StartAsync("127.96.202.5", isUdp: true);

        // Packets to this network are refused by the machine itself.
        await fixture.PointToAsync(new IPEndPoint(IPAddress.Broadcast, 9));
        for (var i = 0; i < 200; i++)
        {
            using var client = new UdpClient();
            client.Connect("127.96.202.5", 80);
            await client.SendAsync("ping"u8.ToArray(), Token);
        }

        await Eventually.IsAsync(() => fixture.Proxy.Budget.Carried, 0, "no place is held");

        using var backend = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await fixture.PointToAsync((IPEndPoint)backend.Client.LocalEndPoint!);
        await Eventually.HoldsAsync(
            () =>
            {
                using var client = new UdpClient();
                client.Connect("127.96.202.5", 80);
                client.Send("ping"u8.ToArray());
                return backend.Available > 0;
            },
            "the service works once its endpoint does");
    }

    [Fact]
    public async Task UdpSessions_OfOneService_HaveABudget()
    {
        await using var fixture = ProxyFixture.Start(ProxyFixture.Options with { ProxyServiceSessionsMax = 10 });
        using var backend = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        fixture.Put(
            ProxyFixture.Service("greedy", "127.96.202.6", new V1ServicePort { Port = 80, Protocol = "UDP" }), (IPEndPoint)backend.Client.LocalEndPoint!);
        await Eventually.IsAsync(() => fixture.Proxy.Budget.Ports, 1, "the port is open");
        for (var i = 0; i < 50; i++)
        {
            using var client = new UdpClient();
            client.Connect("127.96.202.6", 80);
            await client.SendAsync("ping"u8.ToArray(), Token);
        }

        await Eventually.HoldsAsync(() => fixture.HasTold("greedy", "TooManySessions"), "the service is told");
        fixture.Proxy.Budget.Carried.ShouldBe(10);
    }

    [Fact]
    public async Task Port_ThatAnotherProxyHas_IsNotSharedAndTold()
    {
        await using var first = ProxyFixture.Start(ProxyFixture.Options);
        await using var second = ProxyFixture.Start(ProxyFixture.Options);
        first.Put(ProxyFixture.Service("web", "127.96.202.7", Ports(1)), Echo);
        await Eventually.IsAsync(() => first.Proxy.Budget.Ports, 1, "the first has the port");

        second.Put(ProxyFixture.Service("web", "127.96.202.7", Ports(1)), Echo);

        await Eventually.HoldsAsync(() => second.HasTold("web", "PortInUse"), "the second is told");
        second.Proxy.Budget.Ports.ShouldBe(0);
        first.Told.ShouldBeEmpty();
    }

    [Fact]
    public async Task Port_ClosedWithConnections_IsOpenedAgainAtOnce()
    {
        await using var fixture = await ProxyFixture.StartAsync("127.96.202.8", isUdp: false);
        await fixture.PointToAsync(Echo);
        (await ProxyFixture.AnswersAsync("127.96.202.8", 80)).ShouldBeTrue();
        fixture.RemoveService();
        await Eventually.IsAsync(() => fixture.Proxy.Budget.Ports, 0, "the port is closed");

        fixture.Put(ProxyFixture.Service("web", "127.96.202.8", new V1ServicePort { Port = 80, Protocol = "TCP" }), Echo);

        await Eventually.IsAsync(() => fixture.Proxy.Budget.Ports, 1, "the port is open again");
        fixture.Told.ShouldBeEmpty();
    }

    [Fact]
    public void Budget_WhateverServicesTake_LeavesSomethingForTheNext() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[0, 5].Array[0, 400]).Sample((connectionsMax, moves) =>
        {
            var options = ProxyFixture.Options with { ProxyConnectionsMax = connectionsMax, ProxyServiceConnectionsMax = int.MaxValue };
            var whole = new ProxyBudget(options, 100_000);
            var services = Enumerable.Range(0, 6).Select(_ => new ServiceBudget(whole, options, TimeProvider.System, (_, _) => { })).ToArray();
            var held = new List<Holding>();
            foreach (var move in moves)
            {
                if (services[move].TryTake(ProxyUse.Connection) is { } place)
                    held.Add(place);
                else if (held.Count > 0 && move == 0)
                    held[0].Dispose();
            }

            whole.Carried.ShouldBeLessThanOrEqualTo(2 * connectionsMax);
            if (connectionsMax >= 128)
                new ServiceBudget(whole, options, TimeProvider.System, (_, _) => { }).TryTake(ProxyUse.Connection).ShouldNotBeNull().Dispose();
            held.ForEach(place => place.Dispose());
            whole.Carried.ShouldBe(0);
        });

    [Theory]
    [InlineData(1024)]
    [InlineData(64)]
    [InlineData(int.MaxValue)]
    public void Budget_OfAnyLimitOfDescriptors_LeavesHalfToTheProcess(int descriptors)
    {
        var budget = new ProxyBudget(ProxyFixture.Options, descriptors);

        ((long)budget.PortsMax + budget.CarriedMax).ShouldBeLessThanOrEqualTo(descriptors / 2);
        budget.PortsMax.ShouldBeGreaterThan(0);
        budget.CarriedMax.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files     \n", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     \n", int.MaxValue)]
    [InlineData("", 1024)]
    public void DescriptorLimit_TextOfTheKernel_IsRead(string limits, int expected) => DescriptorLimit.Parse(limits).ShouldBe(expected);

    private static V1ServicePort[] Ports(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new V1ServicePort { Name = $"p{i}", Port = 1000 + i, Protocol = "TCP" })];

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private async Task EchoAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = EchoAsync(await _echo.AcceptTcpClientAsync(_stop.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task EchoAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await client.GetStream().CopyToAsync(client.GetStream(), _stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The client is gone, or the test is over.
            }
        }
    }
}
