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

    /// <summary>Whether a container of the pod may be privileged.</summary>
    public bool HasPrivileged { get; init; }

    /// <summary>Whether the pod's containers see each other's processes.</summary>
    public bool ShareProcesses { get; init; }

    /// <summary>The handler of the pod's runtime class; empty for the usual one.</summary>
    public string RuntimeHandler { get; init; } = "";

    /// <summary>The pod's folder on the node.</summary>
    public required string Directory { get; init; }

    /// <summary>How long the pod may run without the control plane; null without a limit.</summary>
    public TimeSpan? FenceAfter { get; init; }

    public IReadOnlyList<PublishedPort> HostPorts { get; init; } = [];

    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();
}

/// <summary>A port of the node that is forwarded to a port of the pod. Protocol is <c>tcp</c> or <c>udp</c>.</summary>
internal sealed record PublishedPort(int ContainerPort, int NodePort, string Protocol, string? HostIp);
