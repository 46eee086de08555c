using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Eviction;
using OrleansOrchestrator.Node.GarbageCollection;
using OrleansOrchestrator.Node.Hooks;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Resizing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Sources;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>The pods of a node: where they come from, who runs them, and what is removed after them.</summary>
internal sealed class NodePods : IAsyncDisposable
{
    private readonly AgentServices _agent;
    private readonly NodeFencing _fencing;
    private readonly PodSources _sources;
    private readonly FolderRemover _folders;
    private readonly LocalVolumeFolder _volumeFolder;
    private readonly AdmittedPods _admitted;
    private LocalVolumeReclaimer? _volumes;

    /// <summary>Prepares the pods' workers.</summary>
    /// <param name="agent">What the daemon's parts share.</param>
    /// <param name="network">Names and addresses for pods.</param>
    /// <param name="fencing">How long pods may run.</param>
    public NodePods(AgentServices agent, NodeNetwork network, NodeFencing fencing)
    {
        (_agent, _fencing) = (agent, fencing);
        var options = agent.Options;
        Shutdown = new NodeShutdown(options.ShutdownTurns);
        OwnNode = new OwnNode(options.Name, NodeObjectBuilder.LabelsOf(options, agent.Machine));
        _folders = new FolderRemover(agent.Engine is DockerRuntime engine ? engine.RemoveFolderAsync : null, agent.TimeProvider);
        _volumeFolder = new LocalVolumeFolder(options.Name, options.DataDirectory);
        Remover = new PodRemover(agent.Runtime, fencing.Guard, options.DataDirectory, _folders);
        _admitted = new AdmittedPods(ResourceAmounts.From(NodeResources.ToObject(agent.Offered.Allocatable)));
        Directory = new PodDirectory(Services(network));
        _sources = new PodSources(options, agent.Api, agent.IsHollow, agent.TimeProvider, agent.Loggers);
    }

    /// <summary>The workers of the pods.</summary>
    public PodDirectory Directory { get; }

    /// <summary>What the node is short of.</summary>
    public NodePressure Pressure { get; } = new();

    /// <summary>The end of all pods when the machine goes down.</summary>
    public NodeShutdown Shutdown { get; }

    /// <summary>The node object as the API shows it.</summary>
    public OwnNode OwnNode { get; }

    /// <summary>Removes what is left of pods.</summary>
    public PodRemover Remover { get; }

    /// <summary>Where local volumes are; empty on a node that has none.</summary>
    public string VolumePath => _agent.IsHollow ? "" : _volumeFolder.Path;

    /// <summary>Takes over what a former daemon has left, and begins to run static pods.</summary>
    /// <returns>Receives the pods that the API assigns to the node.</returns>
    public async Task<IObjectSink<V1Pod>> BeginAsync(CancellationToken cancellationToken)
    {
        _agent.Engine.PodChanged += Directory.Signal;
        _admitted.Granted += Directory.Signal;
        _agent.Instruments.Observe(Directory.CountRunning, Directory.CountContainers);
        var found = await _agent.Engine.ListAsync(cancellationToken);
        _fencing.Guard.Adopt(found.Select(pod => KeyValuePair.Create(pod.PodUid, pod.FenceAfter)));
        var present = found.Select(pod => pod.PodUid).Union(Remover.FindLeft(), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        Directory.Adopt(present);
        var assigned = _sources.Begin(Directory.Open, present);
        _agent.Loops.Run(_sources.RunAsync);
        return assigned;
    }

    /// <summary>Begins to remove what pods leave behind, and to evict pods when the node is short of something.</summary>
    /// <param name="readSignals">Reads how much is left of what pods share; null reads it from this machine.</param>
    public void StartUpkeep(Func<NodeReadings>? readSignals)
    {
        var (options, time, loggers) = (_agent.Options, _agent.TimeProvider, _agent.Loggers);
        if (!_agent.IsHollow || readSignals is not null)
        {
            var read = readSignals ?? new SignalReader(options.DataDirectory, _agent.Runtime.ImageFolder).Read;
            var garbage = new GarbageCollector(
                options, Directory, _agent.Runtime, read, _agent.Events, time, loggers.CreateLogger<GarbageCollector>());
            var eviction = new EvictionAgent(
                options, read, Directory, new PodMeter(_agent.Runtime, Remover.DirectoryOf, time), Pressure, garbage, _agent.Events, _agent.Instruments, time,
                loggers.CreateLogger<EvictionAgent>());
            _agent.Loops.Run(garbage.RunAsync);
            _agent.Loops.Run(eviction.RunAsync);
        }

        if (_agent.IsHollow)
            return;
        _volumes = new LocalVolumeReclaimer(_agent.Api, _volumeFolder, _folders, _agent.Events, time, loggers.CreateLogger<LocalVolumeReclaimer>());
        _agent.Loops.Run(_volumes.RunAsync);
        _agent.Loops.Follow(ResourcePath.PersistentVolumes, _volumes.Wanted, _volumes);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Directory.DisposeAsync();
        await _sources.DisposeAsync();
        if (_volumes is not null)
            await _volumes.DisposeAsync();
    }

    private PodServices Services(NodeNetwork network)
    {
        var options = _agent.Options;
        var configuration = new ApiConfigurationSource(_agent.Api);
        var resources = new ResourceField(NodeResources.ToObject(_agent.Offered.Allocatable));
        var registries = new NodeRegistryConfig(NodeRegistryConfig.FilesOf(options.DataDirectory), _agent.Loggers.CreateLogger<NodeRegistryConfig>());
        var images = new ImagePuller(_agent.Runtime, new PullSecrets(configuration), registries, _agent.Events);
        var services = new ServiceEnvironment(
            options.ServiceVariablesBytesMax, (service, why) => _agent.Events.Record("kubelet", service, EventType.Warning, "TooManyVariables", why));
        return new PodServices
        {
            Options = options,
            HostAddress = _agent.Address.ToString(),
            Runtime = _agent.Runtime,
            Specs = new ContainerSpecBuilder(
                new EnvironmentBuilder(configuration, resources, services), network.Services,
                new SecurityBuilder(_agent.PathOf("seccomp"), options.SeccompDefault), _agent.Machine.MemoryBytes),
            Dns = new ClusterDns(options, network.Services, sharesLoopback: !_agent.Runtime.HasImages, () => network.IsDnsRefused),
            Volumes = new VolumePreparer(
                new VolumeContent(configuration, new ApiTokenSource(_agent.Api, _agent.Steady), resources), new ClaimVolumes(configuration, _volumeFolder),
                _agent.Runtime.HasImages ? images : null, _agent.Machine.MemoryBytes,
                new VolumeMemory(Mounts.AreShared(options.DataDirectory), options.ProjectedVolumesBytesMax), options.ProjectedVolumesBytesMax),
            Images = images,
            RuntimeClasses = new RuntimeClasses(_agent.Api),
            Events = _agent.Events,
            Probes = new ProbeAction(_agent.Runtime),
            Hooks = new HookAction(_agent.Runtime, _agent.TimeProvider),
            Lease = _fencing.Clock,
            Admitted = _admitted,
            Pressure = Pressure,
            Guard = _fencing.Guard,
            Shutdown = Shutdown,
            Node = OwnNode,
            Remover = Remover,
            Instruments = _agent.Instruments,
            TimeProvider = _agent.TimeProvider,
            Steady = _agent.Steady,
            Logger = _agent.Loggers.CreateLogger<PodWorker>(),
            Starts = new StartGate(options.StartsInParallel),
        };
    }
}
