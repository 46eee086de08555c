using System.Net;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Identity;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Server;
using OrleansOrchestrator.Node.Shutdown;
using OrleansOrchestrator.Node.Telemetry;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>A node of the cluster: runs its assigned pods, and reports their status and its own.</summary>
/// <remarks>Several agents may run in one process, each with its own name and data folder. At most one runs the service proxy.</remarks>
public sealed partial class NodeAgent : IAsyncDisposable
{
    // A development cluster must stop within a second, with time left to remove the containers.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(0.7);

    // The pods have ended by then; the machine does not wait for an API that is away.
    private static readonly TimeSpan ReportTime = TimeSpan.FromSeconds(1);

    private readonly NodeAgentOptions _options;
    private readonly ClusterConnection _api;
    private readonly bool _ownsApi;
    private readonly ClientCertificate? _clientCertificate;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly AgentLoops _loops;
    private readonly TaskCompletionSource _identityLost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IContainerRuntime? _runtime;
    private ClusterMembership? _cluster;
    private PodNetwork? _podNetwork;
    private AgentServices? _services;
    private NodeCertificates? _certificates;
    private NodeFencing? _fencing;
    private NodeNetwork? _network;
    private NodePods? _pods;
    private NodeServing? _serving;
    private NodeRegistrar? _registrar;

    /// <summary>Prepares an agent that shares a connection with others.</summary>
    /// <param name="options">The operator's options.</param>
    /// <param name="api">The connection; it stays open when the agent stops.</param>
    /// <param name="timeProvider">The clock of all delays and reports.</param>
    /// <param name="loggers">Makes the agent's loggers.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public NodeAgent(NodeAgentOptions options, ClusterConnection api, TimeProvider timeProvider, ILoggerFactory loggers)
    {
        var faults = NodeAgentOptionsValidator.Validate(options);
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults), nameof(options));
        _options = options;
        _api = api;
        _timeProvider = timeProvider;
        _loggers = loggers;
        _logger = loggers.CreateLogger<NodeAgent>();
        _loops = new AgentLoops(api, timeProvider, _logger);
    }

    /// <summary>Prepares an agent with a connection of its own.</summary>
    /// <param name="options">The operator's options.</param>
    /// <param name="configuration">Server, authority and credentials of the cluster.</param>
    /// <param name="timeProvider">The clock of all delays and reports.</param>
    /// <param name="loggers">Makes the agent's loggers.</param>
    /// <param name="certificate">The node's own certificate, in place of the configuration's credentials; null for those.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public NodeAgent(
        NodeAgentOptions options, KubernetesClientConfiguration configuration, TimeProvider timeProvider, ILoggerFactory loggers, ClientCertificate? certificate = null)
        : this(options, ClusterConnection.Open(configuration, certificate is null ? null : () => certificate.Current), timeProvider, loggers) =>
        (_ownsApi, _clientCertificate) = (true, certificate);

    /// <summary>The port of the node's own server; 0 before <see cref="StartAsync"/> has returned.</summary>
    public int Port => _serving?.Port ?? 0;

    /// <summary>The runtime in use, for example <c>docker://20.10.24</c>; empty before <see cref="StartAsync"/> has returned.</summary>
    public string RuntimeVersion => _runtime?.Version ?? "";

    /// <summary>Completes when the daemon's certificate has ended and the cluster does not accept it: only a new start can get another
    /// one.</summary>
    public Task IdentityLost => _identityLost.Task;

    /// <summary>Why the node is not Ready, as far as known; null if it is Ready.</summary>
    public string? LastFault => _registrar is { } registrar ? registrar.LastFault : _cluster?.LastFault;

    /// <summary>Reads how much is left of what pods share; null reads it from this machine. For tests.</summary>
    internal Func<NodeReadings>? ReadSignals { get; init; }

    /// <summary>How long gateways may take to see a changed node object. For tests.</summary>
    internal TimeSpan GatewaysHearWithin { get; init; } = ServingCertificateRenewal.HeardWithin;

    /// <summary>Where the machine's logind is; null for the usual place if the options want it. For tests.</summary>
    internal LogindPlace? Logind { get; init; }

    internal IContainerRuntime Runtime => _runtime ?? throw new InvalidOperationException("The agent has not started.");

    internal PodDirectory Pods => _pods?.Directory ?? throw new InvalidOperationException("The agent has not started.");

    /// <summary>Starts the daemon. Returns when the node's server listens, whether or not the API is reachable.</summary>
    /// <remarks>With Docker, the very first start waits for the API to learn the cluster's id.</remarks>
    /// <param name="cancellationToken">Cancels the start, not the agent.</param>
    /// <exception cref="ArgumentException">The options want what the machine does not have.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(_options.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _cluster = new ClusterMembership(_api, _options.DataDirectory, _timeProvider, _loggers.CreateLogger<ClusterMembership>());
        if (_ownsApi)
            _api.Servers.KeepIn(Path.Combine(_options.DataDirectory, "api-servers"));
        var podNetwork = _podNetwork = new PodNetwork(_options, _timeProvider, _loggers);
        var agent = _services = await FindServicesAsync(_cluster, podNetwork.Sandboxes, cancellationToken);
        _certificates = agent.IsHollow ? null : new NodeCertificates(_options, agent.Address, _timeProvider);
        var fencing = _fencing = new NodeFencing(agent, _certificates);
        var network = _network = new NodeNetwork(agent, podNetwork, _cluster);
        var pods = _pods = new NodePods(agent, network, fencing);
        var assigned = await pods.BeginAsync(cancellationToken);

        // Thousands of hollow nodes share a process; a server for each has no use.
        if (_certificates is not null)
            _serving = await NodeServing.OpenAsync(agent, pods.Directory, _certificates, fencing, cancellationToken);
        var registrar = _registrar = Registrar(agent, pods, fencing, network);
        fencing.Start(pods.Directory, registrar.Repeat);
        _loops.Follow(ResourcePath.Nodes, ObjectSelection.Named(_options.Name), new ObjectSinks<V1Node>(pods.OwnNode, network.Zone, fencing.Views));
        await network.StartAsync(cancellationToken);
        if (_ownsApi)
            _loops.Follow(ResourcePath.ApiEndpoints, ObjectSelection.Named("kubernetes"), _api.Servers);
        if (_clientCertificate is not null)
            _loops.Run(Renewal(_clientCertificate, fencing.Clock).RunAsync);
        _loops.Run(registrar.RunAsync);
        if (_certificates is not null)
            _loops.RunAfter(registrar.Registered, _certificates.Renewal(registrar.AnnounceAsync, GatewaysHearWithin, _loggers.CreateLogger<ServingCertificateRenewal>()).RunAsync);
        _serving?.StartTunnels(registrar.Registered);
        _loops.Run(agent.Events.RunAsync);

        // Pods come after the control plane can know the times by which this daemon stops them, and after the daemon knows the labels of its node.
        _loops.FollowAfter(
            Task.WhenAll(registrar.Registered, pods.OwnNode.Seen), ResourcePath.Pods, new ObjectSelection(Fields: $"spec.nodeName={_options.Name}"), assigned);
        pods.StartUpkeep(ReadSignals);
        WatchForShutdown(pods.Shutdown);
        LogStarted(_options.Name, agent.Engine.Version, agent.Address, Port);
    }

    /// <summary>Waits until the control plane has acknowledged that the node is Ready.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The agent has not been started.</exception>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken = default) =>
        (_registrar ?? throw new InvalidOperationException("The agent has not started.")).Ready.WaitAsync(cancellationToken);

    /// <summary>Kills a container at once, as a crash would. The pod's restart policy decides what follows.</summary>
    /// <param name="containerId">The id in the pod's status, such as <c>docker://4f3c…</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The id does not belong to this node's runtime.</exception>
    public Task KillContainerAsync(string containerId, CancellationToken cancellationToken = default)
    {
        var prefix = Runtime.Scheme + "://";
        if (!containerId.StartsWith(prefix, StringComparison.Ordinal))
            throw new ArgumentException($"\"{containerId}\" is not the id of a container of {Runtime.Version}", nameof(containerId));
        return Runtime.SignalContainerAsync(containerId[prefix.Length..], ContainerSignal.Kill, cancellationToken);
    }

    /// <summary>
    /// Ends all pods because the machine goes down: the node is no longer Ready and takes no pods, and its pods fail, critical ones
    /// last. The daemon runs on until it is stopped.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for the pods.</param>
    public async Task ShutDownAsync(CancellationToken cancellationToken = default)
    {
        if (_pods is not { Shutdown: { IsEnabled: true } shutdown } pods || _registrar is null)
            return;
        if (!shutdown.IsBegun)
        {
            LogShuttingDown(_options.Name, shutdown.Longest.TotalSeconds);
            _services!.Events.RecordOfNode(EventType.Normal, "NodeShutdown", "Shutdown manager detected shutdown event");
        }

        var ending = shutdown.RunAsync(pods.Directory, _timeProvider);
        var reporting = _registrar.ReportAsync(cancellationToken);
        await ending.WaitAsync(cancellationToken);
        await reporting.CompletesWithinAsync(ReportTime, _timeProvider, cancellationToken);
    }

    /// <summary>The machine does not go down after all: the node takes pods again, and those that have not ended run on.</summary>
    private async Task CallOffShutdownAsync(CancellationToken cancellationToken)
    {
        LogNotShuttingDown(_options.Name);
        _services!.Events.RecordOfNode(EventType.Normal, "NodeShutdown", "Shutdown manager detected shutdown cancellation");
        _pods!.Shutdown.CallOff(Pods);
        await _registrar!.ReportAsync(cancellationToken);
    }

    /// <summary>Stops the daemon if it runs.</summary>
    /// <param name="stopPods">
    /// Whether to stop this node's containers too. They have 0.7 s before they are killed. Otherwise they run on, and a later start
    /// adopts them.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for containers that are still stopping; they are killed then.</param>
    public async Task StopAsync(bool stopPods, CancellationToken cancellationToken = default)
    {
        if (_runtime is null)
            return;
        await _loops.StopAsync();
        if (_serving is not null)
            await _serving.DisposeAsync();
        if (_pods is not null)
            await _pods.DisposeAsync();
        if (_network is not null)
            await _network.DisposeAsync();
        if (_podNetwork is not null)
            await _podNetwork.DisposeAsync();
        if (stopPods)
            await RemovePodsAsync(_runtime, cancellationToken);
        _fencing?.Dispose();
        _services?.Instruments.Dispose();
        await _runtime.DisposeAsync();
        _certificates?.Dispose();
        (_serving, _pods, _network, _podNetwork, _fencing, _services, _runtime, _certificates) = (null, null, null, null, null, null, null, null);
        LogStopped(_options.Name);
    }

    /// <summary>Stops the daemon if it runs, and leaves its pods running.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(stopPods: false);
        _loops.Dispose();
        if (_ownsApi)
            _api.Dispose();
    }

    /// <summary>Finds out what the machine has, and opens the container runtime.</summary>
    private async Task<AgentServices> FindServicesAsync(ClusterMembership cluster, ISandboxNetwork sandboxes, CancellationToken cancellationToken)
    {
        var machine = MachineInfo.Read(_options.DataDirectory);
        var offered = NodeResources.Of(_options, machine);
        if (offered.FaultsOf(_options).ToList() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(' ', faults));
        if (_options is { ServiceProxy: true, ProxyMode: ServiceProxyMode.Nftables } && await NftProgram.FindMissingAsync(cancellationToken) is { } missing)
            throw new ArgumentException($"ProxyMode is {ServiceProxyMode.Nftables}, but {missing}.");
        var limits = offered.LimitsOfPods(_options).After(_options.DataDirectory);
        _runtime = await NodeRuntimes.CreateAsync(_options, sandboxes, limits, cluster, _timeProvider, _loggers, cancellationToken);
        var address = _options.AdvertiseAddress is { } given ? AddressSyntax.Parse(given) : await AdvertiseAddress.FindAsync(_api.Servers.Current, cancellationToken);
        var recordsEvents = _options.RecordEvents ?? _runtime is not HollowRuntime;
        var instruments = new NodeInstruments();
        return new AgentServices
        {
            Options = _options,
            Api = _api,
            Machine = machine,
            Offered = offered,
            Address = address,
            Engine = _runtime,
            Runtime = new MeasuredRuntime(_runtime, instruments),
            Instruments = instruments,
            Events = new EventRecorder(_api, _options.Name, recordsEvents, _timeProvider, _loggers.CreateLogger<EventRecorder>()),
            Loops = _loops,
            TimeProvider = _timeProvider,
            Steady = new SteadyClock(_timeProvider),
            Loggers = _loggers,
        };
    }

    private NodeRegistrar Registrar(AgentServices agent, NodePods pods, NodeFencing fencing, NodeNetwork network)
    {
        var node = new NodeObjectBuilder(
            _options, agent.Machine, agent.Offered, agent.Address.ToString(), Port, agent.Engine.Version, () => _certificates?.Announced ?? "",
            fencing.Vote.Voter, pods.VolumePath);
        return new NodeRegistrar(
            _api, _options.Name, node, () => new NodeHealth(Fault(), pods.Pressure.Conditions), agent.Runtime, _options.StatusPeriod, _timeProvider, _loggers.CreateLogger<NodeRegistrar>());

        string? Fault() => pods.Shutdown.IsBegun ? NodeShutdown.Fault : fencing.Fault ?? agent.Engine.Fault ?? network.Fault ?? fencing.Guard.Fault;
    }

    private void WatchForShutdown(NodeShutdown shutdown)
    {
        if (shutdown.IsEnabled && (Logind ?? (_options.DelayShutdown ? LogindPlace.OfMachine : null)) is { } logind)
        {
            _loops.Run(new ShutdownWatch(
                logind, shutdown.Longest, ShutDownAsync, CallOffShutdownAsync, _timeProvider, _loggers.CreateLogger<ShutdownWatch>()).RunAsync);
        }
    }

    /// <summary>Removes all pods, and then their guard and network. It keeps those that the runtime could not stop.</summary>
    private async Task RemovePodsAsync(IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        if (_network is not null)
            await _network.RemoveProxyAsync(cancellationToken);
        if (_pods is null)
            return;
        try
        {
            var drain = new PodDrain(runtime, _pods.Remover, _timeProvider, _loggers.CreateLogger<PodDrain>());
            if (!await drain.RunAsync(DrainTime, cancellationToken))
                return;
            await _fencing!.Guard.EndAsync();
            await _network!.RemovePodNetworkAsync(CancellationToken.None);
        }
        catch (RuntimeException exception)
        {
            LogStillGuarded(exception.Message);
        }
    }

    private CertificateRenewal Renewal(ClientCertificate certificate, LeaseClock clock)
    {
        var lifetime = _options.ClientCertificateDuration > TimeSpan.Zero ? _options.ClientCertificateDuration : (TimeSpan?)null;
        var client = new CertificateClient(_api, _options.Name, lifetime, _timeProvider, _loggers.CreateLogger<CertificateClient>());
        return new CertificateRenewal(
            certificate, client, _api.CloseAll, Lose, _options.CertificateRenewalMin, _options.CertificateRenewalMax, _timeProvider, _loggers.CreateLogger<CertificateRenewal>());

        void Lose()
        {
            // Pods that run on by the votes of peers would end with the daemon, and so would those of peers that have this node's vote.
            if (clock.Measure().Held <= TimeSpan.Zero)
                _identityLost.TrySetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} runs pods with {Runtime} and listens on {Address}:{Port}")]
    private partial void LogStarted(string node, string runtime, IPAddress address, int port);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The machine of node {Node} goes down: its pods end within {Seconds:0.#} s")]
    private partial void LogShuttingDown(string node, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The machine of node {Node} does not go down after all: the node goes on")]
    private partial void LogNotShuttingDown(string node);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It is unknown whether all pods have ended ({Reason}); the guard ends what is left")]
    private partial void LogStillGuarded(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} has stopped")]
    private partial void LogStopped(string node);
}
