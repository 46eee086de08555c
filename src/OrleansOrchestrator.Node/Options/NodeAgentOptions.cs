using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Options;

/// <summary>The operator's options of one node daemon.</summary>
public sealed record NodeAgentOptions
{
    /// <summary>The name of the node object: a DNS label, by default the machine's name in lower case.</summary>
    public string Name { get; init; } = System.Environment.MachineName.ToLowerInvariant();

    /// <summary>The number of this agent among those of the machine. It determines the address range of its pods.</summary>
    public int Index { get; init; }

    /// <summary>The container runtime.</summary>
    public RuntimeKind Runtime { get; init; } = RuntimeKind.Auto;

    /// <summary>The folder for the daemon's certificate, the volumes of pods, and the state of processes. Each agent needs its own.
    /// Containers and the guard use its absolute path.</summary>
    public required string DataDirectory { get; init => field = value.Length == 0 ? value : Path.GetFullPath(value); }

    /// <summary>
    /// The address of this node for the control plane and other nodes. Null chooses 127.0.0.1 if the API is reached over loopback, else
    /// the machine's address on the route to the API.
    /// </summary>
    public string? AdvertiseAddress { get; init; }

    /// <summary>The port of the node's own HTTPS server; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>The authorities of callers' certificates; null takes those of the connection.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>Additional labels of the node object; they are set again at every start.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The times by which this node stops pods. They must equal those of the control plane.</summary>
    public FencingTimes Times { get; init; } = new();

    /// <summary>How often the lease is renewed.</summary>
    public TimeSpan LeaseRenewInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether the control plane reaches this node through a tunnel that the daemon opens, for nodes that nobody can call. Otherwise
    /// each silo calls the daemon directly, which is faster. A daemon cannot know whether all silos can, so that the operator decides.
    /// </summary>
    public bool Tunnel { get; init; }

    /// <summary>The most concurrent connections through tunnels; each carries many streams.</summary>
    public int TunnelsMax { get; init; } = 64;

    /// <summary>How long an exec or attach may be idle, as the kubelet's <c>streamingConnectionIdleTimeout</c>.</summary>
    public TimeSpan StreamIdleTime { get; init; } = TimeSpan.FromHours(4);

    /// <summary>The most pods of the node.</summary>
    public int MaxPods { get; init; } = 110;

    /// <summary>The most sandboxes and containers that the runtime starts at the same time.</summary>
    public int StartsInParallel { get; init; } = 8;

    /// <summary>How often volumes with objects of the API are refreshed.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the node's status is reported without a change.</summary>
    public TimeSpan StatusPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The delay before the second restart of a container; it doubles up to <see cref="RestartDelayMax"/>.</summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest delay before a restart of a container.</summary>
    public TimeSpan RestartDelayMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether pods get events; null means yes, except on a hollow node.</summary>
    public bool? RecordEvents { get; init; }

    /// <summary>Whether this agent runs the service proxy; at most one agent of a machine does.</summary>
    public bool ServiceProxy { get; init; }

    /// <summary>The range of service addresses, for example <c>10.96.0.0/16</c>; the proxy makes it local to this machine. Null takes
    /// the cluster's range from the API.</summary>
    public string? ServiceCidr { get; init; } = "127.96.0.0/16";

    /// <summary>The addresses of this machine that serve node ports.</summary>
    public IReadOnlyList<string> NodePortAddresses { get; init; } = ["0.0.0.0"];

    /// <summary>The most ports that the service proxy opens, even if the process's descriptor limit allows more.</summary>
    public int ProxyPortsMax { get; init; } = 4096;

    /// <summary>The most concurrent connections of the service proxy; a UDP session counts as half of one.</summary>
    public int ProxyConnectionsMax { get; init; } = 10_000;

    /// <summary>The most ports that the service proxy opens for one service.</summary>
    public int ProxyServicePortsMax { get; init; } = 256;

    /// <summary>The most concurrent connections of the service proxy for one service.</summary>
    public int ProxyServiceConnectionsMax { get; init; } = 5000;

    /// <summary>The most concurrent UDP sessions of the service proxy for one service.</summary>
    public int ProxyServiceSessionsMax { get; init; } = 1000;

    /// <summary>How long an endpoint may take to accept a connection before the next one is tried.</summary>
    public TimeSpan ProxyConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a UDP session lives without a packet.</summary>
    public TimeSpan ProxyUdpIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most host ports of one pod; an engine may start a process for each.</summary>
    public int PodHostPortsMax { get; init; } = 256;

    /// <summary>
    /// The most bytes of service variables in a container's environment, out of 2 MiB for everything. Beyond it those of the largest
    /// services are left out, which events on these report.
    /// </summary>
    public int ServiceVariablesBytesMax { get; init; } = 1024 * 1024;

    /// <summary>
    /// The most bytes of ConfigMaps, Secrets and fields in the volumes of one pod, on the node's disk. A pod beyond it does not start.
    /// </summary>
    public long ProjectedVolumesBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>The DNS servers of the cluster for the containers' resolver; empty keeps the host's.</summary>
    public IReadOnlyList<string> ClusterDns { get; init; } = [];

    /// <summary>The domain of the cluster in DNS.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>
    /// How long pods may take to end when the machine goes down, as the kubelet's <c>shutdownGracePeriod</c>; 0 leaves them alone.
    /// Includes <see cref="ShutdownGracePeriodCriticalPods"/>.
    /// </summary>
    public TimeSpan ShutdownGracePeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The part of that time that is kept for critical pods, which end last, as <c>shutdownGracePeriodCriticalPods</c>.</summary>
    public TimeSpan ShutdownGracePeriodCriticalPods { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the engine may take to create, start or remove a container, as the kubelet's
    /// <c>runtimeRequestTimeout</c>.</summary>
    public TimeSpan RuntimeRequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The Docker engine's address; null takes <c>DOCKER_HOST</c> or the usual socket.</summary>
    public Uri? DockerEndpoint { get; init; }
}
