using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Options;

/// <summary>What an operator decides about one node daemon.</summary>
public sealed record NodeAgentOptions
{
    /// <summary>The name of the node object: a DNS label, by default the machine's name in lower case.</summary>
    public string Name { get; init; } = System.Environment.MachineName.ToLowerInvariant();

    /// <summary>A number of this agent among those of the machine; it picks the address range of its pods.</summary>
    public int Index { get; init; }

    /// <summary>What runs the pods.</summary>
    public RuntimeKind Runtime { get; init; } = RuntimeKind.Auto;

    /// <summary>Where the daemon keeps its certificate, the volumes of pods, and the state of processes. One folder per agent.
    /// Containers and the guard find it from wherever they run.</summary>
    public required string DataDirectory { get; init => field = value.Length == 0 ? value : Path.GetFullPath(value); }

    /// <summary>
    /// The address under which the control plane and other nodes reach this one, or null to choose: 127.0.0.1 if the
    /// API is reached over loopback, else the machine's address on the route to the API.
    /// </summary>
    public string? AdvertiseAddress { get; init; }

    /// <summary>The port of the node's own HTTPS server; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Who may sign the certificate of a caller of the node's server; null takes the authorities of the connection.
    /// </summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>Labels the node registers with besides its own; they are set again at every start.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The times by which this node stops pods. Must be those of the control plane.</summary>
    public FencingTimes Times { get; init; } = new();

    /// <summary>How often the lease is renewed.</summary>
    public TimeSpan LeaseRenewInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether the control plane reaches this node through a tunnel that the daemon opens, because nobody can call it. Otherwise each silo
    /// calls the daemon directly, which is shorter. A daemon cannot know whether all silos can do that, so that it is not guessed.
    /// </summary>
    public bool Tunnel { get; init; }

    /// <summary>How many connections through tunnels this node carries at the same time; each has many streams.</summary>
    public int TunnelsMax { get; init; } = 64;

    /// <summary>How long an exec or attach lasts in which nothing moves, as the kubelet's <c>streamingConnectionIdleTimeout</c>.</summary>
    public TimeSpan StreamIdleTime { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How many pods the node takes.</summary>
    public int MaxPods { get; init; } = 110;

    /// <summary>How many sandboxes and containers the runtime starts at the same time.</summary>
    public int StartsInParallel { get; init; } = 8;

    /// <summary>How often volumes that show objects of the API are refreshed.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the node's status is reported when nothing changed.</summary>
    public TimeSpan StatusPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The delay before the second restart of a container; it doubles up to <see cref="RestartDelayMax"/>.</summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest delay before a restart of a container.</summary>
    public TimeSpan RestartDelayMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether what happens to pods is reported as events; null means yes, except on a hollow node.</summary>
    public bool? RecordEvents { get; init; }

    /// <summary>Whether this agent runs the service proxy; at most one agent of a machine does.</summary>
    public bool ServiceProxy { get; init; }

    /// <summary>The range of service addresses, for example <c>10.96.0.0/16</c>; the proxy makes it local to this machine. Null for
    /// what the cluster says, once it can be asked.</summary>
    public string? ServiceCidr { get; init; } = "127.96.0.0/16";

    /// <summary>On which addresses of this machine node ports are served.</summary>
    public IReadOnlyList<string> NodePortAddresses { get; init; } = ["0.0.0.0"];

    /// <summary>How many ports the service proxy opens, whatever the process's limit of descriptors allows beyond that.</summary>
    public int ProxyPortsMax { get; init; } = 4096;

    /// <summary>How many connections the service proxy carries at the same time; a UDP session counts as half of one.</summary>
    public int ProxyConnectionsMax { get; init; } = 10_000;

    /// <summary>How many ports the service proxy opens for one service.</summary>
    public int ProxyServicePortsMax { get; init; } = 256;

    /// <summary>How many connections the service proxy carries for one service at the same time.</summary>
    public int ProxyServiceConnectionsMax { get; init; } = 5000;

    /// <summary>How many UDP sessions the service proxy carries for one service at the same time.</summary>
    public int ProxyServiceSessionsMax { get; init; } = 1000;

    /// <summary>How long an endpoint of a service may take to accept a connection before the next one is tried.</summary>
    public TimeSpan ProxyConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a UDP session lives without a packet.</summary>
    public TimeSpan ProxyUdpIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many host ports one pod gets; an engine may start a process for each.</summary>
    public int PodHostPortsMax { get; init; } = 256;

    /// <summary>
    /// How many bytes of a container's environment the variables of services may take, of 2 MiB for everything. If they are
    /// more, those of the largest services are left out, which is told in events on these.
    /// </summary>
    public int ServiceVariablesBytesMax { get; init; } = 1024 * 1024;

    /// <summary>The addresses of the cluster's DNS servers, for the containers' resolver; empty leaves the host's.</summary>
    public IReadOnlyList<string> ClusterDns { get; init; } = [];

    /// <summary>The domain of the cluster in DNS.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>How long the engine may take to create, start or remove a container, as the kubelet's <c>runtimeRequestTimeout</c>.</summary>
    public TimeSpan RuntimeRequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The Docker engine's address; null takes <c>DOCKER_HOST</c> or the usual socket.</summary>
    public Uri? DockerEndpoint { get; init; }
}
