namespace OrleansOrchestrator.Model.Tunnels;

/// <summary>
/// The protocol of tunnels between gateways and node daemons. A daemon that nobody can call opens a WebSocket to a gateway. A gateway
/// that calls the daemon uses that WebSocket like a TCP connection, with the same TLS and certificates.
/// </summary>
public static class NodeTunnel
{
    /// <summary>The subresource of a node through which its daemon offers tunnels.</summary>
    public const string Subresource = "tunnel";

    /// <summary>The path after it by which another gateway calls the daemon over a tunnel that ends here.</summary>
    public const string DialPath = "/dial";

    /// <summary>The node annotation with the gateway at which its tunnels end, such as <c>https://10.0.0.1:6443/</c>; empty for a node
    /// that is called directly.</summary>
    public const string Annotation = "orleansorchestrator.io/tunnel";
}
