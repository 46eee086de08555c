namespace OrleansOrchestrator.Node.Proxy;

/// <summary>What the service proxy serves and how much of it.</summary>
internal sealed record ServiceProxyOptions
{
    /// <summary>The range of cluster IPs; null for what the cluster says (<see cref="ServiceProxyAddressing.RangeAnnotation"/>).</summary>
    public required string? ServiceCidr { get; init; }

    /// <summary>The addresses of this machine on which node ports are served.</summary>
    public IReadOnlyList<string> NodePortAddresses { get; init; } = ["0.0.0.0"];

    /// <summary>The most ports that are open at the same time.</summary>
    public int PortsMax { get; init; } = 4096;

    /// <summary>The most connections that are carried at the same time; a UDP session counts as half of one. More are refused.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>The most ports that are open for one service.</summary>
    public int ServicePortsMax { get; init; } = 256;

    /// <summary>The most connections that are carried for one service.</summary>
    public int ServiceConnectionsMax { get; init; } = 5000;

    /// <summary>The most UDP sessions that are carried for one service.</summary>
    public int ServiceSessionsMax { get; init; } = 1000;

    /// <summary>How long an endpoint may take to accept a connection before the next one is tried.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a UDP flow lives without a packet.</summary>
    public TimeSpan UdpIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
