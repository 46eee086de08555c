using System.Net;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Eviction;
using OrleansOrchestrator.Node.GarbageCollection;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Hooks;
using OrleansOrchestrator.Node.Identity;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Metrics;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Resizing;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Containerd;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Runtime.Process;
using OrleansOrchestrator.Node.Server;
using OrleansOrchestrator.Node.Server.Streams;
using OrleansOrchestrator.Node.Server.Streams.PortForwarding;
using OrleansOrchestrator.Node.Server.Tunnels;
using OrleansOrchestrator.Node.Shutdown;
using OrleansOrchestrator.Node.Sources;
using OrleansOrchestrator.Node.Telemetry;
using OrleansOrchestrator.Node.Usage;
using OrleansOrchestrator.Node.Volumes;

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
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly TaskCompletionSource _identityLost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IContainerRuntime? _runtime;
    private ClusterMembership? _identity;
    private NodeRegistrar? _registrar;
    private PodDirectory? _pods;
    private PodSources? _sources;
    private NodeShutdown? _shutdown;
    private EventRecorder? _events;
    private OwnNode? _ownNode;
    private NodeInstruments? _instruments;
    private PodGuard? _guard;
    private PodRemover? _remover;
    private UsageMeter? _usage;
    private NodeServer? _server;
    private TunnelConnections? _tunnels;
    private ServingCertificate? _certificate;
    private X509Certificate2? _voterCertificate;
    private NodeVote? _vote;
    private PeerContacts? _peers;
    private ChosenProxy? _proxy;
    private HealthCheckPorts? _healthChecks;
    private NodeDns? _dns;
    private LocalVolumeReclaimer? _volumes;
    private PodNetwork? _network;

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
    public int Port => _server?.Port ?? 0;

    /// <summary>The runtime in use, for example <c>docker://20.10.24</c>; empty before <see cref="StartAsync"/> has returned.</summary>
    public string RuntimeVersion => _runtime?.Version ?? "";

    /// <summary>Completes when the daemon's certificate has ended and the cluster does not accept it: only a new start can get another
    /// one.</summary>
    public Task IdentityLost => _identityLost.Task;

    /// <summary>Why the node is not Ready, as far as known; null if it is Ready.</summary>
    public string? LastFault => _registrar is { } registrar ? registrar.LastFault : _identity?.LastFault;

    /// <summary>Reads how much is left of what pods share; null reads it from this machine. For tests.</summary>
    internal Func<NodeReadings>? ReadSignals { get; init; }

    /// <summary>How long gateways may take to see a changed node object. For tests.</summary>
    internal TimeSpan GatewaysHearWithin { get; init; } = ServingCertificateRenewal.HeardWithin;

    /// <summary>Where the machine's logind is; null for the usual place if the options want it. For tests.</summary>
    internal LogindPlace? Logind { get; init; }

    internal IContainerRuntime Runtime => _runtime ?? throw new InvalidOperationException("The agent has not started.");

    internal PodDirectory Pods => _pods ?? throw new InvalidOperationException("The agent has not started.");

    /// <summary>Starts the daemon. Returns when the node's server listens, whether or not the API is reachable.</summary>
    /// <remarks>With Docker, the very first start waits for the API to learn the cluster's id.</remarks>
    /// <param name="cancellationToken">Cancels the start, not the agent.</param>
    /// <exception cref="ArgumentException">The options want what the machine does not have.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(_options.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _identity = new ClusterMembership(_api, _options.DataDirectory, _timeProvider, _loggers.CreateLogger<ClusterMembership>());
        var machine = MachineInfo.Read(_options.DataDirectory);
        var offered = NodeResources.Of(_options, machine);
        if (offered.FaultsOf(_options).ToList() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(' ', faults));
        if (_options is { ServiceProxy: true, ProxyMode: ServiceProxyMode.Nftables } && await NftProgram.FindMissingAsync(cancellationToken) is { } missing)
            throw new ArgumentException($"ProxyMode is {ServiceProxyMode.Nftables}, but {missing}.");
        var limits = offered.LimitsOfPods(_options).After(_options.DataDirectory);
        var network = _network = new PodNetwork(_options, _timeProvider, _loggers);
        _runtime = await NodeRuntimes.CreateAsync(_options, network.Sandboxes, limits, _identity, _timeProvider, _loggers, cancellationToken);
        var address = _options.AdvertiseAddress is { } given
            ? AddressSyntax.Parse(given)
            : await AdvertiseAddress.FindAsync(_api.Servers.Current, cancellationToken);

        var isHollow = _runtime is HollowRuntime;
        var events = _events = new EventRecorder(_api, _options.Name, _options.RecordEvents ?? !isHollow, _timeProvider, _loggers.CreateLogger<EventRecorder>());
        var services = new ServiceCatalog(SignalService);
        var slices = new EndpointSliceCatalog(_options.Name, SignalService);
        var views = new FencingViews(_options.Name, isHollow ? null : Path.Combine(_options.DataDirectory, "fencing-view"));
        var uptime = UptimeClock.Of(_timeProvider);
        var steady = new SteadyClock(_timeProvider);
        var clock = new LeaseClock(uptime, isHollow ? null : Path.Combine(_options.DataDirectory, "lease-acknowledged"), () => views.DecidesAlone);
        var times = _options.Times;
        if (!isHollow)
        {
            _voterCertificate = VoterCertificate.LoadOrCreate(_options.DataDirectory, _options.Name, address, _timeProvider);
            _certificate = ServingCertificate.LoadOrCreate(_options.DataDirectory, _options.Name, address, _options.ServingCertificateDuration, _timeProvider);
        }

        var vote = new NodeVote(_voterCertificate is null ? $"local-{Guid.NewGuid():N}" : SelfSigned.HashOf(_voterCertificate), times, uptime, clock.ArrivedAt);
        _api.Votes[vote.Voter] = _vote = vote;
        if (_ownsApi)
            _api.Servers.KeepIn(Path.Combine(_options.DataDirectory, "api-servers"));
        var process = isHollow ? null : new GuardProcess(_options.DataDirectory, _timeProvider, _loggers.CreateLogger<GuardProcess>());
        process?.RemoveLeftovers();
        var guard = new PodGuard(process, _runtime.PlaceOf, clock, _loggers.CreateLogger<PodGuard>());
        _guard = guard;
        var instruments = _instruments = new NodeInstruments();
        var runtime = new MeasuredRuntime(_runtime, instruments);
        var folders = new FolderRemover(_runtime is DockerRuntime engine ? engine.RemoveFolderAsync : null, _timeProvider);
        var remover = new PodRemover(runtime, guard, _options.DataDirectory, folders);
        _remover = remover;
        var shutdown = _shutdown = new NodeShutdown(_options.ShutdownTurns);
        var configuration = new ApiConfigurationSource(_api);
        var folder = new LocalVolumeFolder(_options.Name, _options.DataDirectory);
        var serviceEnvironment = new ServiceEnvironment(
            _options.ServiceVariablesBytesMax, (service, why) => events.Record("kubelet", service, EventType.Warning, "TooManyVariables", why));
        var allocatable = NodeResources.ToObject(offered.Allocatable);
        var resources = new ResourceField(allocatable);
        var pressure = new NodePressure();
        var ownNode = _ownNode = new OwnNode(_options.Name, NodeObjectBuilder.LabelsOf(_options, machine));
        var admitted = new AdmittedPods(ResourceAmounts.From(allocatable));
        var registries = new NodeRegistryConfig(NodeRegistryConfig.FilesOf(_options.DataDirectory), _loggers.CreateLogger<NodeRegistryConfig>());
        var images = new ImagePuller(runtime, new PullSecrets(configuration), registries, events);
        _pods = new PodDirectory(new PodServices
        {
            Options = _options,
            HostAddress = address.ToString(),
            Runtime = runtime,
            Specs = new ContainerSpecBuilder(
                new EnvironmentBuilder(configuration, resources, serviceEnvironment), isHollow ? new NoServices() : services,
                new SecurityBuilder(Path.Combine(_options.DataDirectory, "seccomp"), _options.SeccompDefault), machine.MemoryBytes),
            Dns = new ClusterDns(_options, isHollow ? new NoServices() : services, sharesLoopback: !runtime.HasImages, () => _dns?.IsRefused is true),
            Volumes = new VolumePreparer(
                new VolumeContent(configuration, new ApiTokenSource(_api, steady), resources), new ClaimVolumes(configuration, folder),
                runtime.HasImages ? images : null, machine.MemoryBytes,
                new VolumeMemory(Mounts.AreShared(_options.DataDirectory), _options.ProjectedVolumesBytesMax), _options.ProjectedVolumesBytesMax),
            Images = images,
            RuntimeClasses = new RuntimeClasses(_api),
            Events = events,
            Probes = new ProbeAction(runtime),
            Hooks = new HookAction(runtime, _timeProvider),
            Lease = clock,
            Admitted = admitted,
            Pressure = pressure,
            Guard = guard,
            Shutdown = shutdown,
            Node = ownNode,
            Remover = remover,
            Instruments = instruments,
            TimeProvider = _timeProvider,
            Steady = steady,
            Logger = _loggers.CreateLogger<PodWorker>(),
            Starts = new StartGate(_options.StartsInParallel),
        });
        _runtime.PodChanged += _pods.Signal;
        admitted.Granted += _pods.Signal;
        instruments.Observe(_pods.CountRunning, _pods.CountContainers);
        var found = await _runtime.ListAsync(cancellationToken);
        guard.Adopt(found.Select(pod => KeyValuePair.Create(pod.PodUid, pod.FenceAfter)));
        var present = found.Select(pod => pod.PodUid).Union(remover.FindLeft(), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        _pods.Adopt(present);
        _sources = new PodSources(_options, _api, isHollow, _timeProvider, _loggers);
        var assigned = _sources.Begin(_pods.Open, present);
        Run(_sources.RunAsync);

        // Thousands of hollow nodes share a process; a server for each has no use.
        if (!isHollow)
            _tunnels = _options.Tunnel ? new TunnelConnections() : null;
        if (!isHollow)
            await StartServerAsync(address, runtime, machine, instruments, new PeerQuestions(views, vote), cancellationToken);
        var node = new NodeObjectBuilder(
            _options, machine, offered, address.ToString(), Port, _runtime.Version, () => _certificate?.Announced ?? "",
            vote.Voter, isHollow ? "" : folder.Path);
        LeaseAgent? lease = null;
        _registrar = new NodeRegistrar(
            _api, _options.Name, node, () => new NodeHealth(shutdown.IsBegun ? NodeShutdown.Fault : lease?.Fault ?? _runtime?.Fault ?? network.Fault ?? guard.Fault, pressure.Conditions),
            runtime, _options.StatusPeriod, _timeProvider, _loggers.CreateLogger<NodeRegistrar>());
        lease = new LeaseAgent(
            _api,
            _options.Name,
            times,
            _options.LeaseRenewInterval,
            clock,
            vote,
            views,
            view => !clock.IsHeldByOther(view) && guard.Feed().IsFed,
            _registrar.Repeat,
            instruments,
            _timeProvider,
            _loggers.CreateLogger<LeaseAgent>());
        _peers = new PeerContacts(_api.Votes, HoldAgent.AnswerTime(times), _voterCertificate);

        Run(lease.RunAsync);
        Run(new HoldAgent(views, vote, clock, _peers, times, _timeProvider, _loggers.CreateLogger<HoldAgent>()).RunAsync);
        Run(new FencingAgent(
            _options.Name, _pods, guard, runtime, clock, lease.Renew, instruments, _timeProvider, _loggers.CreateLogger<FencingAgent>()).RunAsync);
        var zone = new NodeZone(() => SignalService(null));
        Run(Reflect(ResourcePath.Nodes, ObjectSelection.Named(_options.Name), new ObjectSinks<V1Node>(ownNode, zone, views)));
        await network.StartAsync(KindOf(_runtime), address, () => ClusterRange(services), cancellationToken);
        if (network.NeedsNodes)
            Run(Reflect(ResourcePath.Nodes, ObjectSelection.All, network.Nodes));
        if (_runtime is DockerRuntime)
            Run(token => network.Sandboxes.RunAsync(ListSandboxesAsync, token));
        if (_ownsApi)
            Run(Reflect(ResourcePath.ApiEndpoints, ObjectSelection.Named("kubernetes"), _api.Servers));
        if (_clientCertificate is not null)
            Run(Renewal(_clientCertificate, clock).RunAsync);
        Run(_registrar.RunAsync);
        if (_certificate is not null)
            Run(token => RenewServingAsync(_certificate, token));
        if (_tunnels is not null)
            Run(RunTunnelAsync);
        Run(events.RunAsync);
        Run(token => RunPodsAsync(assigned, token));
        if (!isHollow || ReadSignals is not null)
        {
            var read = ReadSignals ?? new SignalReader(_options.DataDirectory, runtime.ImageFolder).Read;
            var garbage = new GarbageCollector(_options, _pods, runtime, read, events, _timeProvider, _loggers.CreateLogger<GarbageCollector>());
            Run(garbage.RunAsync);
            Run(new EvictionAgent(
                _options, read, _pods, new PodMeter(runtime, remover.DirectoryOf, _timeProvider), pressure, garbage, events, instruments, _timeProvider, _loggers.CreateLogger<EvictionAgent>()).RunAsync);
        }

        // DNS needs headless services too, and shares the watches with the proxy.
        var index = _options is { ServiceProxy: true, DnsServer: true } && !isHollow ? new ServiceIndex() : null;
        if (index is not null)
        {
            _dns = new NodeDns(_options, services, index, fault => events.RecordOfNode(EventType.Warning, "ClusterDNSUnavailable", $"Node {_options.Name} {fault}"), steady, _loggers);
            _dns.Signal();
            Run(Reflect(ResourcePath.Services, ObjectSelection.All, new ObjectSinks<V1Service>(index, new FilteredSink<V1Service>(ServiceCatalog.IsWanted, services))));
        }
        else if (!isHollow || _options.ServiceProxy)
        {
            Run(Reflect(ResourcePath.Services, ServiceCatalog.Wanted, services));
        }

        if (!isHollow)
        {
            _volumes = new LocalVolumeReclaimer(_api, folder, folders, events, _timeProvider, _loggers.CreateLogger<LocalVolumeReclaimer>());
            Run(_volumes.RunAsync);
            Run(Reflect(ResourcePath.PersistentVolumes, _volumes.Wanted, _volumes));
        }

        if (shutdown.IsEnabled && (Logind ?? (_options.DelayShutdown ? LogindPlace.OfMachine : null)) is { } logind)
        {
            Run(new ShutdownWatch(
                logind, shutdown.Longest, ShutDownAsync, CallOffShutdownAsync, _timeProvider, _loggers.CreateLogger<ShutdownWatch>()).RunAsync);
        }

        if (_options.ServiceProxy)
        {
            _healthChecks = new HealthCheckPorts(_options, services, slices, Warn, _timeProvider, _loggers);
            _proxy = new ChosenProxy(
                _options, address, runsPods: !isHollow, services, () => new UserSpaceProxy(_options, services, slices, Warn, steady, _loggers),
                MakeKernelProxyAsync, _timeProvider, _loggers);
            _proxy.Start();
            Run(index is null
                ? Reflect(ResourcePath.EndpointSlices, EndpointSliceCatalog.Wanted, slices)
                : Reflect(ResourcePath.EndpointSlices, ObjectSelection.All, new ObjectSinks<V1EndpointSlice>(index, new FilteredSink<V1EndpointSlice>(EndpointSliceCatalog.IsWanted, slices))));
        }

        LogStarted(_options.Name, _runtime.Version, address, Port);

        void Warn(V1Service service, string reason, string message) => events.Record("kube-proxy", service, EventType.Warning, reason, message);

        async Task<IServiceProxy> MakeKernelProxyAsync(string range, CancellationToken cancellation)
        {
            var settings = TableSettings.Of(_options, await _identity!.FindAsync(cancellation)).In(range, ClusterRange(services));
            await new KernelTable(_options).KeepAsync(settings.Name, range, cancellation);
            return new NftablesProxy(_options, services, slices, () => zone.Current, settings, Warn, steady, _loggers);
        }
    }

    private void SignalService(ObjectKey? service)
    {
        _proxy?.Signal(service);
        _healthChecks?.Signal(service);
        _dns?.Signal();
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
        if (_pods is null || _registrar is null || _shutdown is not { IsEnabled: true } shutdown)
            return;
        if (!shutdown.IsBegun)
        {
            LogShuttingDown(_options.Name, shutdown.Longest.TotalSeconds);
            _events?.RecordOfNode(EventType.Normal, "NodeShutdown", "Shutdown manager detected shutdown event");
        }

        var ending = shutdown.RunAsync(_pods, _timeProvider);
        var reporting = _registrar.ReportAsync(cancellationToken);
        await ending.WaitAsync(cancellationToken);
        await reporting.CompletesWithinAsync(ReportTime, _timeProvider, cancellationToken);
    }

    /// <summary>The machine does not go down after all: the node takes pods again, and those that have not ended run on.</summary>
    private async Task CallOffShutdownAsync(CancellationToken cancellationToken)
    {
        LogNotShuttingDown(_options.Name);
        _events?.RecordOfNode(EventType.Normal, "NodeShutdown", "Shutdown manager detected shutdown cancellation");
        _shutdown!.CallOff(Pods);
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
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        _loops.Clear();
        if (_server is not null)
            await _server.DisposeAsync();
        if (_pods is not null)
            await _pods.DisposeAsync();
        if (_sources is not null)
            await _sources.DisposeAsync();
        if (_healthChecks is not null)
            await _healthChecks.DisposeAsync();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
            if (stopPods)
                await _proxy.RemoveAsync(cancellationToken);
        }

        if (_dns is not null)
            await _dns.DisposeAsync();
        if (_volumes is not null)
            await _volumes.DisposeAsync();
        if (_network is not null)
            await _network.DisposeAsync();
        if (stopPods && _remover is not null)
            await EndPodsAsync(_runtime, _remover, cancellationToken);

        if (_vote is not null)
            _api.Votes.TryRemove(KeyValuePair.Create(_vote.Voter, _vote));
        _peers?.Dispose();
        _usage?.Dispose();
        _instruments?.Dispose();
        await _runtime.DisposeAsync();
        _certificate?.Dispose();
        _voterCertificate?.Dispose();
        (_server, _pods, _sources, _proxy, _healthChecks, _dns, _volumes, _network, _runtime, _certificate, _voterCertificate) = (null, null, null, null, null, null, null, null, null, null, null);
        LogStopped(_options.Name);
    }

    /// <summary>Stops the daemon if it runs, and leaves its pods running.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(stopPods: false);
        _stop.Dispose();
        if (_ownsApi)
            _api.Dispose();
    }

    /// <summary>Removes all pods, and then their guard. It keeps those that the runtime could not stop.</summary>
    private async Task EndPodsAsync(IContainerRuntime runtime, PodRemover remover, CancellationToken cancellationToken)
    {
        try
        {
            var isEmpty = await new PodDrain(runtime, remover, _timeProvider, _loggers.CreateLogger<PodDrain>()).RunAsync(DrainTime, cancellationToken);
            if (isEmpty && _guard is not null)
                await _guard.EndAsync();
            if (isEmpty && _network is not null)
                await _network.RemoveAsync(CancellationToken.None);
        }
        catch (RuntimeException exception)
        {
            LogStillGuarded(exception.Message);
        }
    }

    private async Task StartServerAsync(
        IPAddress address, MeasuredRuntime runtime, MachineInfo machine, NodeInstruments instruments, PeerQuestions peers, CancellationToken cancellationToken)
    {
        var storage = new StorageMeter(
            Pods.Running, Pods.VolumesOf, runtime, _options.DataDirectory, _options.VolumeStatsAggPeriod, _timeProvider, _loggers.CreateLogger<StorageMeter>());
        _usage = new UsageMeter(_options.Name, Pods.Running, runtime, MachineUsage.Read, _timeProvider, storage);

        // Peers know the port from the node object, which cannot change while the control plane is away.
        var port = new ServerPort(Path.Combine(_options.DataDirectory, "server-port"));
        _server = await NodeServer.StartAsync(
            address, _options.Port != 0 ? _options.Port : port.FindLast(address), name => name == VoterCertificate.ServerName ? _voterCertificate! : _certificate!.Current, _options.ClientAuthorities ?? _api.Authorities,
            new NodeEndpoints(Pods, runtime),
            new UsageEndpoints(Pods, _usage, machine, _options, runtime.Version, new DiskNames(_options.DataDirectory, runtime.ImageFolder)), new StreamEndpoints(Pods, runtime, _options.StreamIdleTime, _timeProvider),
            new PortForwardEndpoint(Pods, runtime, _options.StreamIdleTime, _timeProvider), new DialEndpoint(Pods, runtime, address.ToString(), _timeProvider), peers, _tunnels, instruments, _loggers, cancellationToken);
        port.Keep(_server.Port);
    }

    /// <summary>Renews the server's certificate after the node object names the present one.</summary>
    private async Task RenewServingAsync(ServingCertificate certificate, CancellationToken cancellationToken)
    {
        await _registrar!.Registered.CompletesWithinAsync(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
        await new ServingCertificateRenewal(
            certificate, _options, _registrar.AnnounceAsync, GatewaysHearWithin, _timeProvider, _loggers.CreateLogger<ServingCertificateRenewal>()).RunAsync(cancellationToken);
    }

    /// <summary>The addresses of all pods as the API says; null as long as that is not known.</summary>
    private static string? ClusterRange(ServiceCatalog services) => services.IsSynced ? services.Find("default", "kubernetes")?.GetAnnotation(PodNetwork.ClusterAnnotation) ?? "" : null;

    private static RuntimeKind KindOf(IContainerRuntime runtime) => runtime switch
    {
        DockerRuntime => RuntimeKind.Docker,
        ContainerdRuntime => RuntimeKind.Containerd,
        ProcessRuntime => RuntimeKind.Process,
        _ => RuntimeKind.Hollow,
    };

    /// <summary>The sandboxes that hold their namespaces.</summary>
    private async Task<IReadOnlySet<string>> ListSandboxesAsync(CancellationToken cancellationToken) =>
        (await Runtime.ListAsync(cancellationToken)).Where(pod => pod.IsReady).Select(pod => pod.Id).ToHashSet(StringComparer.Ordinal);

    /// <summary>Opens tunnels after the node object exists.</summary>
    private async Task RunTunnelAsync(CancellationToken cancellationToken)
    {
        await _registrar!.Registered.CompletesWithinAsync(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
        await new TunnelAgent(_api, _options.Name, _tunnels!, _options.TunnelsMax, _timeProvider, _loggers.CreateLogger<TunnelAgent>()).RunAsync(cancellationToken);
    }

    /// <summary>Accepts pods after the control plane can know the times by which this daemon stops them, and after the daemon knows the labels of
    /// its node.</summary>
    private async Task RunPodsAsync(IObjectSink<V1Pod> assigned, CancellationToken cancellationToken)
    {
        await _registrar!.Registered.CompletesWithinAsync(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
        await _ownNode!.Seen.CompletesWithinAsync(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
        await Reflect(ResourcePath.Pods, new ObjectSelection(Fields: $"spec.nodeName={_options.Name}"), assigned)(cancellationToken);
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

    private Func<CancellationToken, Task> Reflect<T>(string path, ObjectSelection selection, IObjectSink<T> sink)
        where T : IKubernetesObject<V1ObjectMeta> =>
        new Reflector<T>(_api, path, selection, sink, _timeProvider, _loggers.CreateLogger<NodeAgent>()).RunAsync;

    private void Run(Func<CancellationToken, Task> loop) => _loops.Add(Task.Run(() => loop(_stop.Token)));

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
