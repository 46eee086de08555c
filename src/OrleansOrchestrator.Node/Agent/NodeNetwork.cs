using OrleansOrchestrator.Kinds.Core.Services;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Containerd;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>The network of a node: addresses for pods, the service proxy and the cluster's DNS server. They share the watches of
/// services and endpoints.</summary>
internal sealed class NodeNetwork : IAsyncDisposable
{
    private readonly AgentServices _agent;
    private readonly PodNetwork _pods;
    private readonly ClusterMembership _cluster;
    private readonly ServiceCatalog _catalog;
    private readonly EndpointSliceCatalog _slices;
    private readonly ServiceIndex? _index;
    private readonly NodeDns? _dns;
    private readonly HealthCheckPorts? _healthChecks;
    private readonly ChosenProxy? _proxy;

    /// <summary>Prepares the network.</summary>
    /// <param name="agent">What the daemon's parts share.</param>
    /// <param name="pods">The network of pods, which its maker disposes of.</param>
    /// <param name="cluster">The cluster of the node.</param>
    public NodeNetwork(AgentServices agent, PodNetwork pods, ClusterMembership cluster)
    {
        (_agent, _pods, _cluster) = (agent, pods, cluster);
        var options = agent.Options;
        _catalog = new ServiceCatalog(Signal);
        _slices = new EndpointSliceCatalog([options.Name, .. options.MachineNodes], Signal);
        Zone = new NodeZone(() => Signal(null));
        if (options is { ServiceProxy: true, DnsServer: true } && !agent.IsHollow)
        {
            _index = new ServiceIndex();
            _dns = new NodeDns(options, _catalog, _index, WarnOfDns, agent.Steady, agent.Loggers);
        }

        if (options.ServiceProxy)
        {
            _healthChecks = new HealthCheckPorts(options, _catalog, _slices, Warn, agent.TimeProvider, agent.Loggers);
            _proxy = new ChosenProxy(
                options, agent.Address, runsPods: !agent.IsHollow, _catalog, MakeUserSpaceProxy, MakeKernelProxyAsync, agent.TimeProvider, agent.Loggers);
        }
    }

    /// <summary>The services that pods find in their environment.</summary>
    public IServiceSource Services => _agent.IsHollow ? new NoServices() : _catalog;

    /// <summary>The zone of the node, which endpoints are chosen by.</summary>
    public NodeZone Zone { get; }

    /// <summary>Whether the DNS server should listen and cannot.</summary>
    public bool IsDnsRefused => _dns?.IsRefused is true;

    /// <summary>Why pods get no network; null if they do.</summary>
    public string? Fault => _pods.Fault;

    /// <summary>Begins to follow nodes, services and endpoints.</summary>
    /// <param name="cancellationToken">Ends the removal of a former network.</param>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var loops = _agent.Loops;
        await _pods.StartAsync(KindOf(_agent.Engine), _agent.Address, ClusterRange, cancellationToken);
        if (_pods.NeedsNodes)
            loops.Follow(ResourcePath.Nodes, ObjectSelection.All, _pods.Nodes);
        if (_agent.Engine is DockerRuntime)
            loops.Run(token => _pods.Sandboxes.RunAsync(ListSandboxesAsync, token));
        FollowServices();
        _dns?.Signal();
        _proxy?.Start();
    }

    /// <summary>Removes what the proxy leaves in the kernel. Call it after disposing, on a machine that stops being a node.</summary>
    public Task RemoveProxyAsync(CancellationToken cancellationToken) => _proxy?.RemoveAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Removes the network of pods. Call it after the last pod has ended.</summary>
    public Task RemovePodNetworkAsync(CancellationToken cancellationToken) => _pods.RemoveAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_healthChecks is not null)
            await _healthChecks.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        if (_dns is not null)
            await _dns.DisposeAsync();
    }

    /// <summary>Follows services and slices once for all. DNS needs headless ones too.</summary>
    private void FollowServices()
    {
        var loops = _agent.Loops;
        if (_index is not null)
        {
            loops.Follow(ResourcePath.Services, ObjectSelection.All, new ObjectSinks<V1Service>(_index, new FilteredSink<V1Service>(ServiceCatalog.IsWanted, _catalog)));
            loops.Follow(
                ResourcePath.EndpointSlices, ObjectSelection.All,
                new ObjectSinks<V1EndpointSlice>(_index, new FilteredSink<V1EndpointSlice>(EndpointSliceCatalog.IsWanted, _slices)));
            return;
        }

        if (!_agent.IsHollow || _proxy is not null)
            loops.Follow(ResourcePath.Services, ServiceCatalog.Wanted, _catalog);
        if (_proxy is not null)
            loops.Follow(ResourcePath.EndpointSlices, EndpointSliceCatalog.Wanted, _slices);
    }

    private void Signal(ObjectKey? service)
    {
        _proxy?.Signal(service);
        _healthChecks?.Signal(service);
        _dns?.Signal();
    }

    private UserSpaceProxy MakeUserSpaceProxy()
    {
        var outside = new OutsideClients(ServiceProxyAddressing.PodRanges(_agent.Options.ProxyClusterCidrs, ClusterRange()), _agent.Steady);
        return new UserSpaceProxy(_agent.Options, _catalog, _slices, () => Zone.Current, outside, Warn, _agent.Steady, _agent.Loggers);
    }

    private async Task<IServiceProxy> MakeKernelProxyAsync(string range, CancellationToken cancellationToken)
    {
        var settings = TableSettings.Of(_agent.Options, await _cluster.FindAsync(cancellationToken)).In(range, ClusterRange());
        await new KernelTable(_agent.Options).KeepAsync(settings.Name, range, cancellationToken);
        return new NftablesProxy(_agent.Options, _catalog, _slices, () => Zone.Current, settings, Warn, _agent.Steady, _agent.Loggers);
    }

    /// <summary>The addresses of all pods as the API says; null as long as that is not known.</summary>
    private string? ClusterRange() => _catalog.IsSynced
        ? _catalog.Find(ClusterService.Namespace, ClusterService.Name)?.GetAnnotation(ClusterService.PodRangeAnnotation) ?? ""
        : null;

    /// <summary>The sandboxes that hold their namespaces.</summary>
    private async Task<IReadOnlySet<string>> ListSandboxesAsync(CancellationToken cancellationToken) =>
        (await _agent.Engine.ListAsync(cancellationToken)).Where(pod => pod.IsReady).Select(pod => pod.Id).ToHashSet(StringComparer.Ordinal);

    private void Warn(V1Service service, string reason, string message) => _agent.Events.Record("kube-proxy", service, EventType.Warning, reason, message);

    private void WarnOfDns(string fault) => _agent.Events.RecordOfNode(EventType.Warning, "ClusterDNSUnavailable", $"Node {_agent.Options.Name} {fault}");

    private static RuntimeKind KindOf(IContainerRuntime runtime) => runtime switch
    {
        DockerRuntime => RuntimeKind.Docker,
        ContainerdRuntime => RuntimeKind.Containerd,
        ProcessRuntime => RuntimeKind.Process,
        _ => RuntimeKind.Hollow,
    };
}
