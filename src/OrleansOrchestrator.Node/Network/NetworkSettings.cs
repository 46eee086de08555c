using System.Globalization;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Network;

/// <summary>What the operator decided about the pod network, and the names that follow from it. Daemons of one machine have different ones.</summary>
internal sealed record NetworkSettings
{
    // Neither the kernel's nor those of known routing daemons: see /etc/iproute2/rt_protos.
    private const int RouteProtocol = 111;
    private const int RouteMetric = 1024;

    /// <summary>The daemon's index on its machine.</summary>
    public int Index { get; init; }

    /// <summary>Whether nodes of other segments are reached through a tunnel.</summary>
    public bool UsesTunnel { get; init; } = true;

    /// <summary>The UDP port of the tunnels.</summary>
    public int TunnelPort { get; init; } = 4789;

    /// <summary>The number of the tunnels' network.</summary>
    public int TunnelId { get; init; } = 1;

    /// <summary>The largest packet of pods in bytes; 0 for what the machine's network carries.</summary>
    public int Mtu { get; init; }

    /// <summary>The bridge of the pods.</summary>
    public string Bridge => BridgeNetwork.DeviceOf(Index);

    /// <summary>The interface of the tunnels.</summary>
    public string TunnelDevice => string.Create(CultureInfo.InvariantCulture, $"oo-vxlan{Index}");

    /// <summary>The table of the packet filter.</summary>
    public string Table => string.Create(CultureInfo.InvariantCulture, $"oo_pods{Index}");

    /// <summary>The chain among those of iptables.</summary>
    public string Chain => string.Create(CultureInfo.InvariantCulture, $"OO-PODS{Index}");

    /// <summary>The number by which the daemon's routes are known.</summary>
    public string Protocol => RouteProtocol.ToString(CultureInfo.InvariantCulture);

    /// <summary>The metric by which they are known among those of other daemons of the machine.</summary>
    public int Metric => RouteMetric + Index;

    /// <summary>Reads the options.</summary>
    public static NetworkSettings Of(NodeAgentOptions options) => new()
    {
        Index = options.Index,
        UsesTunnel = options.PodNetworkVxlan,
        TunnelPort = options.VxlanPort,
        TunnelId = options.VxlanId,
        Mtu = options.PodNetworkMtu,
    };
}
