namespace OrleansOrchestrator.Model.Tunnels;

/// <summary>
/// What gateways and node daemons agree on about tunnels. A daemon that nobody can call opens a WebSocket to a gateway; the gateway
/// that wants to call it does so over that WebSocket, as over a connection of TCP, with the same TLS and the same certificates.
/// </summary>
public static class NodeTunnel
{
    /// <summary>The subresource of a node through which its daemon offers tunnels.</summary>
    public const string Subresource = "tunnel";

    /// <summary>What follows it where another gateway wants to call the daemon over a tunnel that ends here.</summary>
    public const string DialPath = "/dial";

    /// <summary>The annotation of a node that tells the gateway at which its tunnels end, as <c>https://10.0.0.1:6443/</c>; empty for a node
    /// that is called directly.</summary>
    public const string Annotation = "orleansorchestrator.io/tunnel";
}
