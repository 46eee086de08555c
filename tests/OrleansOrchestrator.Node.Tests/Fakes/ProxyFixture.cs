using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A service proxy, its services, and what it tells.</summary>
internal sealed class ProxyFixture : IAsyncDisposable
{
    private readonly ServiceCatalog _services;
    private readonly EndpointSliceCatalog _slices;
    private readonly V1Service? _only;

    private ProxyFixture(NodeAgentOptions options, V1Service? only)
    {
        _only = only;
        _services = new ServiceCatalog(service => Proxy?.Signal(service));
        _slices = new EndpointSliceCatalog(["node"], service => Proxy?.Signal(service));
        Proxy = new UserSpaceProxy(
            options, _services, _slices, () => "", new OutsideClients([], TimeProvider.System), (service, reason, message) => Told.Enqueue((service.Metadata.Name, reason, message)),
            TimeProvider.System, NullLoggerFactory.Instance);
    }

    public static NodeAgentOptions Options { get; } = new() { Name = "node", DataDirectory = "unused", ServiceCidr = "127.96.0.0/16", NodePortAddresses = [] };

    public UserSpaceProxy Proxy { get; }

    /// <summary>The events of services: whose, with which reason and message.</summary>
    public ConcurrentQueue<(string Service, string Reason, string Message)> Told { get; } = new();

    /// <summary>Starts a proxy without services.</summary>
    public static ProxyFixture Start(NodeAgentOptions options)
    {
        var fixture = new ProxyFixture(options, null);
        fixture.Proxy.Start();
        return fixture;
    }

    /// <summary>Starts a proxy of one service on port 80, and waits until it listens.</summary>
    public static async Task<ProxyFixture> StartAsync(string address, bool isUdp)
    {
        var fixture = new ProxyFixture(Options, Service("web", address, new V1ServicePort { Port = 80, Protocol = isUdp ? "UDP" : "TCP" }));
        fixture.Proxy.Start();
        fixture._services.Replace([fixture._only!]);
        await Eventually.IsAsync(() => fixture.Proxy.Budget.Ports, 1, "the port is open");
        return fixture;
    }

    public static V1Service Service(string name, string address, params V1ServicePort[] ports) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new V1ServiceSpec { ClusterIP = address, Ports = ports },
    };

    /// <summary>A slice of a service that has one ready endpoint.</summary>
    public static V1EndpointSlice Slice(V1Service service, IPEndPoint target) => new()
    {
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = "default",
            Name = $"{service.Metadata.Name}-{target.Address}-{target.Port}",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service.Metadata.Name },
        },
        AddressType = "IPv4",
        Endpoints = [new V1Endpoint { Addresses = [target.Address.ToString()] }],
        Ports = [.. service.Spec.Ports.Select(port => new Discoveryv1EndpointPort { Name = port.Name, Port = target.Port, Protocol = port.Protocol })],
    };

    /// <summary>Sends the connections of the only service to other endpoints, and waits until new ones go there.</summary>
    public async Task PointToAsync(params IPEndPoint[] targets)
    {
        _slices.Replace([.. targets.Select(target => Slice(_only!, target))]);

        // The round that runs now may have begun before.
        for (var i = 0; i < 2; i++)
        {
            var before = Proxy.Rounds;
            Proxy.Signal(null);
            await Eventually.HoldsAsync(() => Proxy.Rounds > before, "the proxy has seen the endpoints");
        }
    }

    /// <summary>The cluster is read, and has this one service.</summary>
    public void Read(V1Service service) => _services.Replace([service]);

    public void RemoveService() => _services.Replace([]);

    /// <summary>Serves a service with an endpoint.</summary>
    public void Put(V1Service service, IPEndPoint target)
    {
        _slices.Upsert(Slice(service, target));
        _services.Upsert(service);
    }

    public bool HasTold(string service, string reason) => Told.Any(told => told.Service == service && told.Reason == reason);

    /// <summary>Whether the address takes a connection on port 80 and something answers behind it.</summary>
    public static async Task<bool> AnswersAsync(string address, int port)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Parse(address), port, timeout.Token);
            await client.GetStream().WriteAsync("?"u8.ToArray(), timeout.Token);
            return await client.GetStream().ReadAsync(new byte[1], timeout.Token) == 1;
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => Proxy.DisposeAsync();
}
