using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Network.Cni;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Network;

/// <summary>The network of the node's pods: what sandboxes are attached to, and how they reach the pods of other nodes.</summary>
/// <remarks>
/// The machine's part stays when the daemon ends, because its pods run on. The next daemon brings it in line again, or removes it if its
/// operator wants another network.
/// </remarks>
internal sealed partial class PodNetwork : IAsyncDisposable
{
    // Others may have changed the machine's network, as a reload of the firewall does.
    private static readonly TimeSpan ResyncPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(5);

    // Bounds what a cluster costs whose nodes come one after the other.
    private static readonly TimeSpan RestPeriod = TimeSpan.FromSeconds(1);

    private readonly NodeAgentOptions _options;
    private readonly string _folder;
    private readonly KnownRanges _known;
    private readonly NetworkSettings _settings;
    private readonly MachineNetwork _machine;
    private readonly CniClient _client;
    private readonly NetworkConfigFile _configFile;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SupervisedLoop _loop;
    private volatile CniNetwork? _bridge;
    private volatile string? _fault;
    private IPAddress _address = IPAddress.Loopback;
    private Func<string?> _clusterRange = () => null;
    private string? _logged;
    private bool _isOnContainerd;
    private volatile bool _isRunning;
    private long? _appliedAt;

    /// <summary>Prepares the network. Nothing is changed until it is started.</summary>
    /// <param name="options">What the operator decided.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="run">Runs a program; other than by itself only in tests.</param>
    public PodNetwork(
        NodeAgentOptions options, TimeProvider time, ILoggerFactory loggers, Func<MachineCommand, CancellationToken, Task<CommandOutcome>>? run = null)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<PodNetwork>();
        _folder = Path.Combine(options.DataDirectory, "network");
        _known = new KnownRanges(_folder);
        _settings = NetworkSettings.Of(options);
        _machine = new MachineNetwork(_settings, run);
        _client = new CniClient(options.CniBinDirs, options.RuntimeRequestTimeout);
        _configFile = new NetworkConfigFile(options.CniConfDir, options.Index);
        Nodes = new NetworkNodes(Signal);
        Sandboxes = new SandboxNetwork(
            Kind switch { PodNetworkKind.Bridge => Bridge, PodNetworkKind.Cni => () => CniNetwork.FirstIn(options.CniConfDir), _ => null },
            IsServed, _client, _folder, time, _logger);
        _loop = new SupervisedLoop("pod network", SynchronizeAsync, time, _logger);
        if (Kind == PodNetworkKind.Bridge && _known.Own.Count == 0)
            _fault = NoRange;
    }

    /// <summary>What sandboxes are attached to.</summary>
    public SandboxNetwork Sandboxes { get; }

    /// <summary>The nodes of the cluster, for the daemon's own network.</summary>
    public NetworkNodes Nodes { get; }

    /// <summary>Whether the other nodes must be known.</summary>
    public bool NeedsNodes => _isRunning && Kind == PodNetworkKind.Bridge;

    /// <summary>Why no pod can have a network, in the kubelet's words; null if they can.</summary>
    /// <remarks>
    /// A network that has been made is one, also if a later look at it fails: on a node that is not ready, the pods that run well would not
    /// stay for long.
    /// </remarks>
    public string? Fault => _isRunning && _fault is { } fault
        ? $"container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: {fault}"
        : null;

    private const string NoRange = "the node has no spec.podCIDR yet";

    private PodNetworkKind Kind => _options.PodNetwork;

    /// <summary>Begins to keep the network.</summary>
    /// <param name="runtime">What runs containers. Where pods have no network of their own, or that of their engine, there is nothing to keep.</param>
    /// <param name="address">The node's address.</param>
    /// <param name="clusterRange">The addresses of all pods as the API says, null while that is not known; empty if they have no range in common.</param>
    /// <param name="cancellationToken">Ends the removal of a former network.</param>
    public async Task StartAsync(RuntimeKind runtime, IPAddress address, Func<string?> clusterRange, CancellationToken cancellationToken)
    {
        (_address, _clusterRange, _isOnContainerd) = (address, clusterRange, runtime == RuntimeKind.Containerd);
        var isKept = runtime is RuntimeKind.Docker or RuntimeKind.Containerd;
        if (_known.Exists && !(isKept && Kind == PodNetworkKind.Bridge))
            await RemoveAsync(cancellationToken);

        // With containerd the operator's configuration is the engine's.
        _isRunning = isKept && Kind != PodNetworkKind.Engine && !(_isOnContainerd && Kind == PodNetworkKind.Cni);
        Signal();
    }

    /// <summary>Removes the daemon's own network from the machine. What sandboxes still have of it is given back with them.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (!_known.Exists)
            return;
        _isRunning = false;
        try
        {
            await _machine.RemoveAsync(cancellationToken);
            _configFile.Remove();
            _known.Remove();
            if (Sandboxes.IsEmpty && Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
            LogRemoved();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogKept(fault.Message);
        }
    }

    /// <summary>Brings the network in line soon.</summary>
    public void Signal()
    {
        if (_isRunning)
            _loop.Signal();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private async Task<TimeSpan?> SynchronizeAsync(CancellationToken cancellationToken)
    {
        if (_appliedAt is { } before && RestPeriod - _time.GetElapsedTime(before) is var rest && rest > TimeSpan.Zero)
            return rest;
        string? fault;
        try
        {
            fault = Kind == PodNetworkKind.Cni ? _client.FindFault(CniNetwork.FirstIn(_options.CniConfDir)) : await KeepBridgeAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CniException)
        {
            fault = failure.Message;
        }

        _appliedAt = _time.GetTimestamp();
        var told = fault ?? _machine.Refused;
        if (told is not null && told != _logged)
            LogFault(told);
        _logged = told;
        _fault = _bridge is null ? fault : null;
        return fault is null ? ResyncPeriod : RetryPeriod;
    }

    /// <summary>Brings the daemon's own network in line.</summary>
    /// <returns>Why it cannot be used; null if it can.</returns>
    private async Task<string?> KeepBridgeAsync(CancellationToken cancellationToken)
    {
        var nodes = Nodes.All;

        // The last ranges count only while the API does not say which ones the node has.
        var self = nodes?.GetValueOrDefault(_options.Name) ?? new NetworkNode(_options.Name, [_address], _known.Own);
        if (!self.Ranges.SequenceEqual(_known.Own))
            _bridge = null;
        if (self.Ranges.Count == 0)
        {
            _bridge = null;
            return nodes is null ? "the nodes of the cluster are not known yet" : NoRange;
        }

        if (BridgeFault(self) is { } missing)
            return missing;
        var cluster = ClusterRanges(areNodesKnown: nodes is not null);
        var interfaces = await _machine.ReadInterfacesAsync(cancellationToken);
        var plan = NetworkPlan.Make(_settings, self, nodes?.Values, cluster, interfaces);
        _known.Keep(self.Ranges, plan.KnowsOthers ? plan.Cluster : cluster);
        await _machine.ApplyAsync(plan, cancellationToken);
        var bridge = BridgeNetwork.Make(_options.Index, self.Ranges, plan.Mtu, _folder);
        if (_isOnContainerd)
            _configFile.Write(bridge);
        else
            _configFile.Remove();
        _bridge = bridge;
        return null;
    }

    /// <summary>The addresses of all pods. If they have no range in common, the nodes say them, and until then they are those of last time.</summary>
    private IReadOnlyList<IPNetwork> ClusterRanges(bool areNodesKnown)
    {
        if (_clusterRange() is not { } text)
            return _known.Cluster;
        var common = NetworkNode.ReadRanges(text.Split(',', StringSplitOptions.TrimEntries));
        return common.Count > 0 || areNodesKnown ? common : _known.Cluster;
    }

    /// <summary>Whether a sandbox still has its network. The addresses of a range that the node had before are those of another node by now.</summary>
    private bool IsServed(SandboxRecord record) => Kind switch
    {
        PodNetworkKind.Bridge => record.Network.Name != _settings.Bridge || _known.Own is not { Count: > 0 } own
            || record.Addresses.All(address => own.Any(range => range.Contains(AddressSyntax.Parse(address)))),
        PodNetworkKind.Cni => record.Network.Name != _settings.Bridge,
        _ => false,
    };

    private string? BridgeFault(NetworkNode self) => _client.FindFault(BridgeNetwork.Make(_options.Index, self.Ranges, mtu: 0, _folder));

    private CniNetwork Bridge() => _bridge ?? throw new CniException(_fault ?? "the node's bridge is not set up yet");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The pod network is not as it should be: {Reason}")]
    private partial void LogFault(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The pod network cannot be removed from this machine, and the next daemon tries it again: {Reason}")]
    private partial void LogKept(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The pod network has been removed from this machine")]
    private partial void LogRemoved();
}
