using System.Globalization;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Cli.Hosting;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>The nodes of <c>dev</c>: agents in this process that share one connection. Their pods end with them.</summary>
internal sealed class DevNodes : IAsyncDisposable
{
    private const int StartsMax = 16;

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(4);

    private readonly ClusterConnection _connection;
    private readonly Kubernetes _client;
    private readonly List<NodeAgent> _agents = [];
    private readonly List<string> _names = [];

    private DevNodes(KubernetesClientConfiguration configuration)
    {
        _connection = ClusterConnection.Open(configuration);
        _client = new Kubernetes(configuration);
    }

    /// <summary>What runs the containers, as in <c>docker://20.10.24</c>.</summary>
    public string RuntimeVersion => _agents[0].RuntimeVersion;

    /// <summary>Starts the nodes. The first one runs the service proxy of the machine.</summary>
    public static async Task<DevNodes> StartAsync(
        DevSettings settings, KubernetesClientConfiguration configuration, string serviceCidr, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var nodes = new DevNodes(configuration);
        for (var i = 0; i < settings.Nodes; i++)
        {
            var options = Options(settings, i, serviceCidr);
            nodes._agents.Add(new NodeAgent(options, nodes._connection, TimeProvider.System, loggers));
            nodes._names.Add(options.Name);
        }

        await Parallel.ForEachAsync(
            nodes._agents,
            new ParallelOptions { MaxDegreeOfParallelism = StartsMax, CancellationToken = cancellationToken },
            async (agent, cancellation) => await agent.StartAsync(cancellation));
        return nodes;
    }

    /// <summary>Waits until every node is Ready.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var nodes = await _client.CoreV1.ListNodeAsync(cancellationToken: cancellationToken);
            var ready = nodes.Items.Where(IsReady).Select(node => node.Name()).ToHashSet(StringComparer.Ordinal);
            if (_names.TrueForAll(ready.Contains))
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Kills a container, as a crash would.</summary>
    /// <param name="containerId">The id in the pod's status.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public Task KillContainerAsync(string containerId, CancellationToken cancellationToken) =>
        _agents[0].KillContainerAsync(containerId, cancellationToken);

    /// <summary>Stops all pods and nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(StopWithin);
        await Task.WhenAll(_agents.Select(agent => agent.StopAsync(stopPods: true, timeout.Token)));
        foreach (var agent in _agents)
            await agent.DisposeAsync();
        _connection.Dispose();
        _client.Dispose();
    }

    private static NodeAgentOptions Options(DevSettings settings, int index, string serviceCidr)
    {
        var host = Environment.MachineName.ToLowerInvariant();
        var name = settings.Nodes == 1 ? host : string.Create(CultureInfo.InvariantCulture, $"{host}-{index + 1}");
        return new NodeAgentOptions
        {
            Name = name,
            Index = DataDirectory.IndexOf(settings.DataDirectory) + index,
            Runtime = RuntimeKinds.Parse(settings.Runtime),
            DataDirectory = Path.Combine(settings.DataDirectory, "nodes", name),
            ServiceProxy = index == 0,
            ServiceCidr = serviceCidr,
            NodePortAddresses = ["127.0.0.1"],
        };
    }

    private static bool IsReady(V1Node node) =>
        node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
