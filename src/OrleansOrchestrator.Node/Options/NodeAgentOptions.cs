using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Options;

/// <summary>The operator's options of one node daemon.</summary>
public sealed record NodeAgentOptions
{
    /// <summary>The kubelet's default of <see cref="ImageGCHighThresholdPercent"/>.</summary>
    public const int DefaultImageGCHighThresholdPercent = 85;

    // The priority of system-cluster-critical; that of system-node-critical is higher.
    internal const int SystemPriority = 2_000_000_000;

    /// <summary>The kubelet's default of <see cref="EvictionHard"/>.</summary>
    public static IReadOnlyDictionary<string, string> DefaultEvictionHard { get; } = new Dictionary<string, string>
    {
        ["memory.available"] = "100Mi",
        ["nodefs.available"] = "10%",
        ["nodefs.inodesFree"] = "5%",
        ["imagefs.available"] = "15%",
        ["imagefs.inodesFree"] = "5%",
    };

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

    /// <summary>How long the client certificates live for which the daemon asks; zero leaves it to the cluster, which takes a year. The
    /// cluster's shortest time is ten minutes.</summary>
    public TimeSpan ClientCertificateDuration { get; init; }

    /// <summary>How long the certificates of the daemon's own server live. They are renewed as client certificates are.</summary>
    public TimeSpan ServingCertificateDuration { get; init; } = TimeSpan.FromDays(365);

    /// <summary>The part of its life after which a client certificate may be renewed. The time is chosen at random between this part and
    /// <see cref="CertificateRenewalMax"/>.</summary>
    public double CertificateRenewalMin { get; init; } = 0.7;

    /// <summary>The part of its life by which a client certificate is renewed.</summary>
    public double CertificateRenewalMax { get; init; } = 0.9;

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

    /// <summary>The folder with the manifests of static pods, or the file of one, as the kubelet's <c>staticPodPath</c>; null for
    /// none.</summary>
    public string? StaticPodPath { get; init => field = string.IsNullOrEmpty(value) ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(value)); }

    /// <summary>How often all manifests are read again, besides when they change, as <c>fileCheckFrequency</c>.</summary>
    public TimeSpan FileCheckFrequency { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Where to ask for static pods, as <c>staticPodURL</c>; null for nowhere.</summary>
    public Uri? StaticPodUrl { get; init; }

    /// <summary>The headers of these requests, by name, as <c>staticPodURLHeader</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> StaticPodUrlHeader { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>How often that URL is asked, as <c>httpCheckFrequency</c>.</summary>
    public TimeSpan HttpCheckFrequency { get; init; } = TimeSpan.FromSeconds(20);

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

    /// <summary>The other nodes of this machine, whose services this agent's proxy carries too: their endpoints count as this node's.</summary>
    public IReadOnlyList<string> MachineNodes { get; init; } = [];

    /// <summary>
    /// How connections to services are carried: <c>Auto</c> (in the kernel where that works), <c>Nftables</c> or <c>UserSpace</c>.
    /// <c>orchestrator dev</c> takes <c>Auto</c> for <c>UserSpace</c>, and leaves the machine's firewall alone.
    /// </summary>
    public ServiceProxyMode ProxyMode { get; init; }

    /// <summary>The ranges of pods' addresses, as kube-proxy's <c>clusterCIDR</c>, for a proxy in the kernel: whoever calls a cluster IP
    /// from elsewhere gets a source address of this node. Without ranges nobody does.</summary>
    public IReadOnlyList<string> ProxyClusterCidrs { get; init; } = [];

    /// <summary>The range of service addresses, for example <c>10.96.0.0/16</c>; the proxy makes it local to this machine. Null takes
    /// the cluster's range from the API.</summary>
    public string? ServiceCidr { get; init; } = "127.96.0.0/16";

    /// <summary>The addresses of this machine that serve node ports.</summary>
    public IReadOnlyList<string> NodePortAddresses { get; init; } = ["0.0.0.0"];

    /// <summary>The most ports that the service proxy in user space opens, even if the process's descriptor limit allows more.</summary>
    public int ProxyPortsMax { get; init; } = 4096;

    /// <summary>The most concurrent connections of the service proxy in user space; a UDP session counts as half of one.</summary>
    public int ProxyConnectionsMax { get; init; } = 10_000;

    /// <summary>The most ports that the service proxy serves for one service.</summary>
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

    /// <summary>
    /// Whether containers without <c>seccompProfile</c> get the runtime's filter of system calls, as the kubelet's
    /// <c>seccompDefault</c>. Without it they have none, as in Kubernetes.
    /// </summary>
    public bool SeccompDefault { get; init; }

    /// <summary>
    /// The file with the host's resolver for pods, as the kubelet's <c>resolvConf</c>. Null takes <c>/etc/resolv.conf</c>; if that names
    /// only servers on the host's loopback, pods with a network of their own get that of systemd-resolved with the servers behind it.
    /// </summary>
    public string? ResolvConf { get; init; }

    /// <summary>
    /// Whether pods find services by DNS at the address of the Service <c>kube-dns</c> in <c>kube-system</c>, which every node's daemon
    /// answers itself. Otherwise they have <see cref="ClusterDns"/>, or the host's servers.
    /// </summary>
    public bool DnsServer { get; init; } = true;

    /// <summary>The cluster's DNS servers for pods, as the kubelet's <c>clusterDNS</c>; empty takes the address of the Service
    /// <c>kube-dns</c>.</summary>
    public IReadOnlyList<string> ClusterDns { get; init; } = [];

    /// <summary>The domain of the cluster in DNS.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>The servers for names outside the cluster, each an address with or without a port; empty takes those of the machine's
    /// resolver.</summary>
    public IReadOnlyList<string> DnsUpstreams { get; init; } = [];

    /// <summary>How long clients may keep the records of the cluster, and that there are none: CoreDNS' default.</summary>
    public TimeSpan DnsTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an upstream server may take before the next one is asked.</summary>
    public TimeSpan DnsUpstreamTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most concurrent questions to upstream servers. Queries beyond it fail at once. A client's address has half of them at
    /// most.</summary>
    public int DnsUpstreamQueriesMax { get; init; } = 500;

    /// <summary>The most concurrent connections to the DNS server over TCP. A client's address has half of them at most.</summary>
    public int DnsConnectionsMax { get; init; } = 100;

    /// <summary>The most bytes of upstream answers that the node keeps.</summary>
    public int DnsCacheBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>The longest time for which the node keeps records of upstream servers.</summary>
    public TimeSpan DnsCacheTtlMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The longest time for which the node keeps that upstream servers have no such record.</summary>
    public TimeSpan DnsNegativeTtlMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long pods may take to end when the machine goes down, as the kubelet's <c>shutdownGracePeriod</c>; 0 leaves them alone.
    /// Includes <see cref="ShutdownGracePeriodCriticalPods"/>.
    /// </summary>
    public TimeSpan ShutdownGracePeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The part of that time that is kept for critical pods, which end last, as <c>shutdownGracePeriodCriticalPods</c>.</summary>
    public TimeSpan ShutdownGracePeriodCriticalPods { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long pods may take to end by their priority, as <c>shutdownGracePeriodByPodPriority</c>: those of the lowest entry end
    /// first. To set it replaces <see cref="ShutdownGracePeriod"/> and <see cref="ShutdownGracePeriodCriticalPods"/>.</summary>
    public IReadOnlyList<PriorityGracePeriod> ShutdownGracePeriodByPodPriority { get; init; } = [];

    /// <summary>Whether the agent has logind delay a shutdown of the machine until its pods have ended.</summary>
    public bool DelayShutdown { get; init; }

    /// <summary>The pods that end together when the machine goes down, the first first; empty leaves them alone.</summary>
    internal IReadOnlyList<ShutdownTurn> ShutdownTurns => ShutdownGracePeriodByPodPriority.Count > 0
        ?
        [
            .. ShutdownGracePeriodByPodPriority.OrderBy(period => period.Priority)
                .Select(period => new ShutdownTurn(period.Priority, TimeSpan.FromSeconds(period.ShutdownGracePeriodSeconds))),
        ]
        : ShutdownGracePeriod == TimeSpan.Zero ? []
        : [new(0, ShutdownGracePeriod - ShutdownGracePeriodCriticalPods), new(SystemPriority, ShutdownGracePeriodCriticalPods)];

    /// <summary>
    /// How much must be left of what pods share, by signal: an amount such as <c>100Mi</c>, or a percentage of what there is. If less is
    /// left, the node evicts pods at once. As the kubelet's <c>evictionHard</c>: to set it replaces all defaults.
    /// </summary>
    public IReadOnlyDictionary<string, string> EvictionHard { get; init; } = DefaultEvictionHard;

    /// <summary>How much should be left, by signal, as <c>evictionSoft</c>. If less is left for the time of
    /// <see cref="EvictionSoftGracePeriod"/>, the node evicts pods gracefully.</summary>
    public IReadOnlyDictionary<string, string> EvictionSoft { get; init; } = new Dictionary<string, string>();

    /// <summary>For how long less may be left than <see cref="EvictionSoft"/>, by signal, as <c>evictionSoftGracePeriod</c>.</summary>
    public IReadOnlyDictionary<string, TimeSpan> EvictionSoftGracePeriod { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>The longest grace period of pods that are evicted for a soft threshold, as <c>evictionMaxPodGracePeriod</c>.</summary>
    public TimeSpan EvictionMaxPodGracePeriod { get; init; }

    /// <summary>What must be left of what pods share, by all of these options.</summary>
    internal IReadOnlyList<EvictionThreshold> Thresholds => ReadThresholds(new OptionFaults());

    /// <summary>How much more than a threshold must be left before a shortage is over, by signal, as
    /// <c>evictionMinimumReclaim</c>.</summary>
    public IReadOnlyDictionary<string, string> EvictionMinimumReclaim { get; init; } = new Dictionary<string, string>();

    /// <summary>How long the node keeps a condition such as <c>MemoryPressure</c> after the shortage, as
    /// <c>evictionPressureTransitionPeriod</c>.</summary>
    public TimeSpan EvictionPressureTransitionPeriod { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often the node looks how much is left.</summary>
    public TimeSpan EvictionMonitoringPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the machine itself needs, by resource (<c>cpu</c>, <c>memory</c>, <c>ephemeral-storage</c>, <c>pid</c>), as
    /// <c>systemReserved</c>: pods do not get it.</summary>
    public IReadOnlyDictionary<string, string> SystemReserved { get; init; } = new Dictionary<string, string>();

    /// <summary>What the daemon and the engine need, by resource, as <c>kubeReserved</c>: pods do not get it.</summary>
    public IReadOnlyDictionary<string, string> KubeReserved { get; init; } = new Dictionary<string, string>();

    /// <summary>The most processes of one pod, as <c>podPidsLimit</c>; -1 is without a limit.</summary>
    public long PodPidsLimit { get; init; } = -1;

    /// <summary>The share of the disk of images in use, in percent, from which unused images are removed, as
    /// <c>imageGCHighThresholdPercent</c>; 100 removes none.</summary>
    public int ImageGCHighThresholdPercent { get; init; } = DefaultImageGCHighThresholdPercent;

    /// <summary>The share down to which they are removed, as <c>imageGCLowThresholdPercent</c>.</summary>
    public int ImageGCLowThresholdPercent { get; init; } = 80;

    /// <summary>How long an image must be unused before it is removed, as <c>imageMinimumGCAge</c>.</summary>
    public TimeSpan ImageMinimumGCAge { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long an image may be unused before it is removed in any case, as <c>imageMaximumGCAge</c>; 0 is for ever.</summary>
    public TimeSpan ImageMaximumGCAge { get; init; }

    /// <summary>The shortest time between two measurements of what volumes and containers have on disks, as
    /// <c>volumeStatsAggPeriod</c>. Nothing is measured while nobody asks.</summary>
    public TimeSpan VolumeStatsAggPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long ended containers are kept at least, as <c>minimum-container-ttl-duration</c>.</summary>
    public TimeSpan MinimumContainerTtlDuration { get; init; }

    /// <summary>The most ended containers of the node, as <c>maximum-dead-containers</c>; -1 is without a limit. What the status of a
    /// pod needs stays.</summary>
    public int MaximumDeadContainers { get; init; } = -1;

    /// <summary>How long the engine may take to create, start or remove a container, as the kubelet's
    /// <c>runtimeRequestTimeout</c>.</summary>
    public TimeSpan RuntimeRequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a pull on Docker may show no progress before it fails and is tried again, as the kubelet's
    /// <c>image-pull-progress-deadline</c>.</summary>
    public TimeSpan ImagePullProgressDeadline { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Who gives pods their network: <c>Engine</c>, as before there were others; <c>Bridge</c>, the daemon, by the node's
    /// <c>spec.podCIDRs</c> and with routes between nodes; <c>Cni</c>, the operator, by the first configuration in <see cref="CniConfDir"/>.
    /// Pods that are processes have the machine's network in any case.
    /// </summary>
    public PodNetworkKind PodNetwork { get; init; } = PodNetworkKind.Engine;

    /// <summary>The folder of network configurations, as the former <c>cni-conf-dir</c> of the kubelet. With containerd and <c>Bridge</c>
    /// the daemon writes its own into it.</summary>
    public string CniConfDir { get; init; } = "/etc/cni/net.d";

    /// <summary>The folders of network plugins, as <c>cni-bin-dir</c>; the first one that has a plugin counts.</summary>
    public IReadOnlyList<string> CniBinDirs { get; init; } = ["/opt/cni/bin", "/usr/lib/cni"];

    /// <summary>
    /// Whether the daemon's own network reaches nodes of other segments through VXLAN tunnels. Without, the routers between the segments
    /// must know the nodes' ranges, and packets may be 50 bytes larger.
    /// </summary>
    public bool PodNetworkVxlan { get; init; } = true;

    /// <summary>The UDP port of the tunnels, the same on all nodes.</summary>
    public int VxlanPort { get; init; } = 4789;

    /// <summary>The number of the tunnels' network (VNI), the same on all nodes.</summary>
    public int VxlanId { get; init; } = 1;

    /// <summary>The largest packet of pods in bytes; 0 takes that of the interface with the node's address, without the headers of tunnels.</summary>
    public int PodNetworkMtu { get; init; }

    /// <summary>The Docker engine's address; null takes <c>DOCKER_HOST</c> or the usual socket.</summary>
    public Uri? DockerEndpoint { get; init; }

    /// <summary>The socket of containerd, as the kubelet's <c>containerRuntimeEndpoint</c>.</summary>
    public Uri ContainerRuntimeEndpoint { get; init; } = new("unix:///run/containerd/containerd.sock");

    /// <summary>Reads the thresholds.</summary>
    /// <param name="faults">Receives what is wrong with them.</param>
    internal IReadOnlyList<EvictionThreshold> ReadThresholds(OptionFaults faults) =>
        EvictionThreshold.Of(EvictionHard, EvictionSoft, EvictionSoftGracePeriod, EvictionMinimumReclaim, faults);
}
