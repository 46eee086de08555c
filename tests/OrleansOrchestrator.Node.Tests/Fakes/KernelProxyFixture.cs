using System.Collections.Concurrent;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>
/// A node whose kernel serves services, with a bridge of pods and a client outside: 10.1.0.1/24 on the bridge, 198.51.100.1/24 on the
/// way to the client, which sends all packets to the node.
/// </summary>
internal sealed class KernelProxyFixture : IAsyncDisposable
{
    public const string NodeName = "here";
    public const string NodeAddress = "198.51.100.1";
    public const string ClientAddress = "198.51.100.2";
    private const string ServiceRange = "10.96.0.0/16";

    private readonly List<NetworkMachine> _pods = [];
    private ServiceCatalog? _services;
    private EndpointSliceCatalog? _slices;
    private NftablesProxy? _proxy;

    private KernelProxyFixture(NetworkMachine node, NetworkMachine client) => (Node, Client) = (node, client);

    public NetworkMachine Node { get; }

    public NetworkMachine Client { get; }

    public TableSettings Settings { get; init; } = new("orchestrator-here-test", [], []);

    public ConcurrentQueue<string> Told { get; } = new();

    /// <summary>How often the whole table has been put into the kernel.</summary>
    public int Replacements => _proxy!.Replacements;

    /// <summary>Makes the machines. Skips the test where there can be none.</summary>
    public static async Task<KernelProxyFixture> StartAsync(int pods, TableSettings? settings = null)
    {
        var missing = await NetworkMachine.FindMissingAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
        var fixture = new KernelProxyFixture(await NetworkMachine.StartAsync(), await NetworkMachine.StartAsync());
        if (settings is not null)
            fixture = new KernelProxyFixture(fixture.Node, fixture.Client) { Settings = settings };
        try
        {
            await fixture.Node.SetAsync("ipv4/ip_forward", "1");
            await fixture.Client.ConnectAsync("eth0", $"{ClientAddress}/24", fixture.Node, "uplink", $"{NodeAddress}/24");
            await fixture.Client.IpAsync($"route add default via {NodeAddress}");
            await fixture.Node.IpAsync($"route add default via {ClientAddress}");
            await fixture.Node.IpAsync("link add br0 type bridge");
            await fixture.Node.IpAsync("address add 10.1.0.1/24 dev br0");
            await fixture.Node.IpAsync("link set br0 up");
            await fixture.Node.IpAsync($"route add local {ServiceRange} dev lo src {NodeAddress}");
            for (var i = 0; i < pods; i++)
                await fixture.AddPodAsync();
            return fixture;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a proxy, which serves what <see cref="ServeAsync"/> tells it.</summary>
    public async Task StartProxyAsync()
    {
        _services = new ServiceCatalog(service => _proxy?.Signal(service));
        _slices = new EndpointSliceCatalog([NodeName], service => _proxy?.Signal(service));
        _proxy = await Node.DoAsync(() => new NftablesProxy(
            new NodeAgentOptions { Name = NodeName, DataDirectory = "unused" }, _services, _slices, () => "", Settings,
            (service, reason, message) => Told.Enqueue($"{service.Metadata.Name}: {reason}: {message}"), TimeProvider.System, Loggers));
    }

    /// <summary>Ends the proxy as the end of the daemon does.</summary>
    public async Task StopProxyAsync()
    {
        await _proxy!.DisposeAsync();
        _proxy = null;
    }

    /// <summary>Replaces all services and slices, and waits until the kernel serves them.</summary>
    public async Task ServeAsync(params (V1Service Service, V1EndpointSlice[] Slices)[] all)
    {
        var before = _proxy!.Rounds;
        _services!.Replace([.. all.Select(one => one.Service)]);
        _slices!.Replace([.. all.SelectMany(one => one.Slices)]);
        await SettleAsync(before);
    }

    /// <summary>Changes a slice, and waits until the kernel has it.</summary>
    public async Task ChangeAsync(V1EndpointSlice slice)
    {
        var before = _proxy!.Rounds;
        _slices!.Upsert(slice);
        await SettleAsync(before);
    }

    /// <summary>Changes a slice, and waits for the round that it causes; no other may be under way.</summary>
    public async Task PutAsync(V1EndpointSlice slice)
    {
        var before = _proxy!.Rounds;
        _slices!.Upsert(slice);
        while (_proxy.Rounds == before)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    public NetworkMachine Pod(int index) => _pods[index];

    public static string AddressOf(int pod) => $"10.1.0.{pod + 2}";

    public static V1Service Service(string name, string clusterIP, params V1ServicePort[] ports) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new V1ServiceSpec { Type = "ClusterIP", ClusterIP = clusterIP, Ports = ports },
    };

    /// <summary>A slice of a service with pods of this node, and the number of their port.</summary>
    public static V1EndpointSlice Slice(V1Service service, int port, params int[] pods) => Slice(service, port, NodeName, [.. pods.Select(AddressOf)]);

    /// <summary>A slice of a service.</summary>
    public static V1EndpointSlice Slice(V1Service service, int port, string nodeName, string[] addresses) => new()
    {
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = "default",
            Name = $"{service.Metadata.Name}-1",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service.Metadata.Name },
        },
        AddressType = "IPv4",
        Endpoints = [.. addresses.Select(address => new V1Endpoint { Addresses = [address], NodeName = nodeName })],
        Ports = [.. service.Spec.Ports.Select(one => new Discoveryv1EndpointPort { Name = one.Name, Port = port, Protocol = one.Protocol })],
    };

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        foreach (var pod in _pods)
            await pod.DisposeAsync();
        await Client.DisposeAsync();
        await Node.DisposeAsync();
    }

    private static ILoggerFactory Loggers => NullLoggerFactory.Instance;

    private async Task AddPodAsync()
    {
        var pod = await NetworkMachine.StartAsync();
        _pods.Add(pod);
        var port = $"pod{_pods.Count}";
        await pod.ConnectAsync("eth0", $"{AddressOf(_pods.Count - 1)}/24", Node, port, null);
        await Node.IpAsync($"link set {port} master br0");
        await pod.IpAsync("route add default via 10.1.0.1");
    }

    /// <summary>Waits for two rounds: one may have begun before the change.</summary>
    private async Task SettleAsync(int before)
    {
        _proxy!.Signal(null);
        await Eventually.HoldsAsync(() => _proxy.Rounds > before, "a round");
        before = _proxy.Rounds;
        _proxy.Signal(null);
        await Eventually.HoldsAsync(() => _proxy.Rounds > before, "another round");
    }
}
