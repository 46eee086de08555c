using System.Globalization;
using System.Net;
using k8s;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Nodes;
using OrleansOrchestrator.Cli.Processes;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Cli.Dev;

/// <summary>The nodes of <c>dev</c>: agents in this process that share one connection. Their pods are stopped with them.</summary>
internal sealed class DevNodes : IAsyncDisposable
{
    private const int StartsMax = 16;

    // Each node port needs one listener for each of these addresses.
    private const int NodePortAddressesMax = 16;

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(4);

    private readonly ClusterConnection _connection;
    private readonly List<(string Name, NodeAgent Agent)> _nodes = [];

    private DevNodes(DevSettings settings, KubernetesClientConfiguration configuration, string serviceCidr, ILoggerFactory loggers)
    {
        _connection = ClusterConnection.Open(configuration);
        for (var i = 0; i < settings.Nodes; i++)
        {
            var options = Options(settings, i, serviceCidr);
            _nodes.Add((options.Name, new NodeAgent(options, _connection, TimeProvider.System, loggers)));
        }
    }

    /// <summary>The container runtime and its version, as in <c>docker://20.10.24</c>.</summary>
    public string RuntimeVersion => _nodes[0].Agent.RuntimeVersion;

    /// <summary>Starts the nodes and waits until every one is Ready. The first one runs the service proxy of the machine.</summary>
    /// <exception cref="CommandException">The nodes are not Ready in time.</exception>
    public static async Task<DevNodes> StartAsync(
        DevSettings settings,
        KubernetesClientConfiguration configuration,
        string serviceCidr,
        ILoggerFactory loggers,
        StartTime patience,
        CancellationToken cancellationToken)
    {
        var nodes = new DevNodes(settings, configuration, serviceCidr, loggers);
        try
        {
            await Parallel.ForEachAsync(
                nodes._nodes,
                new ParallelOptions { MaxDegreeOfParallelism = StartsMax, CancellationToken = cancellationToken },
                async (node, cancellation) => await node.Agent.StartAsync(cancellation));
            foreach (var (name, agent) in nodes._nodes)
                await patience.WaitAsync(agent.WaitUntilReadyAsync, () => $"node {name} is not ready: {agent.LastFault ?? "it has not registered"}", cancellationToken);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills a container, like a crash.</summary>
    /// <param name="node">The container's node.</param>
    /// <param name="containerId">The id in the pod's status.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public Task KillContainerAsync(string node, string containerId, CancellationToken cancellationToken) =>
        _nodes.Find(one => one.Name == node).Agent.KillContainerAsync(containerId, cancellationToken);

    /// <summary>Stops all pods and nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(StopWithin);
        await Task.WhenAll(_nodes.Select(node => node.Agent.StopAsync(stopPods: true, timeout.Token)));
        foreach (var (_, agent) in _nodes)
            await agent.DisposeAsync();
        _connection.Dispose();
    }

    private static NodeAgentOptions Options(DevSettings settings, int index, string serviceCidr)
    {
        var name = NameOf(settings, index);
        return ForSharedMachine(NodeOptions.Of(settings.Options)) with
        {
            Name = name,
            Index = DataDirectory.IndexOf(settings.DataDirectory) + index,
            Runtime = RuntimeKinds.Parse(settings.Runtime),
            DataDirectory = Path.Combine(settings.DataDirectory, "nodes", name),
            AdvertiseAddress = AddressOf(index).ToString(),
            ServiceProxy = index == 0,
            MachineNodes = index == 0 ? [.. Enumerable.Range(1, settings.Nodes - 1).Select(other => NameOf(settings, other))] : [],
            ServiceCidr = serviceCidr,
            NodePortAddresses = [.. Enumerable.Range(0, Math.Min(settings.Nodes, NodePortAddressesMax)).Select(i => AddressOf(i).ToString())],
        };
    }

    private static string NameOf(DevSettings settings, int index)
    {
        var host = Environment.MachineName.ToLowerInvariant();
        return settings.Nodes == 1 ? host : string.Create(CultureInfo.InvariantCulture, $"{host}-{index + 1}");
    }

    /// <summary>The disk of a developer's machine is often rather full, and is no node's to clean up, nor is its firewall a node's to
    /// change, unless the operator says so.</summary>
    private static NodeAgentOptions ForSharedMachine(NodeAgentOptions options) => options with
    {
        ProxyMode = options.ProxyMode == ServiceProxyMode.Auto ? ServiceProxyMode.UserSpace : options.ProxyMode,
        EvictionHard = ReferenceEquals(options.EvictionHard, NodeAgentOptions.DefaultEvictionHard)
            ? NodeAgentOptions.DefaultEvictionHard.Where(threshold => !threshold.Key.Contains("fs.", StringComparison.Ordinal)).ToDictionary()
            : options.EvictionHard,
        ImageGCHighThresholdPercent = options.ImageGCHighThresholdPercent == NodeAgentOptions.DefaultImageGCHighThresholdPercent
            ? 100
            : options.ImageGCHighThresholdPercent,
    };

    /// <summary>Each node has its own address, as on separate machines: 127.0.0.1, 127.0.0.2, and so on.</summary>
    private static IPAddress AddressOf(int index)
    {
        var number = index + 1;
        return new IPAddress([127, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);
    }
}
