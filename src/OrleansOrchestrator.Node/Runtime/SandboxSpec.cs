namespace OrleansOrchestrator.Node.Runtime;

/// <summary>A runtime's input for a pod's sandbox.</summary>
internal sealed record SandboxSpec
{
    public required string PodUid { get; init; }

    public required string PodName { get; init; }

    public required string PodNamespace { get; init; }

    public int Attempt { get; init; }

    public required string Hostname { get; init; }

    public bool HostNetwork { get; init; }

    public bool HostIpc { get; init; }

    public bool HostPid { get; init; }

    /// <summary>The pod's folder on the node.</summary>
    public required string Directory { get; init; }

    /// <summary>How long the pod may run without the control plane; null without a limit.</summary>
    public TimeSpan? FenceAfter { get; init; }

    public IReadOnlyList<PublishedPort> HostPorts { get; init; } = [];

    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> DnsServers { get; init; } = [];

    public IReadOnlyList<string> DnsSearches { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];
}

/// <summary>A port of the node that is forwarded to a port of the pod. Protocol is <c>tcp</c> or <c>udp</c>.</summary>
internal sealed record PublishedPort(int ContainerPort, int NodePort, string Protocol, string? HostIp);
