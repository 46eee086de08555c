namespace OrleansOrchestrator.Model.Tunnels;

/// <summary>
/// SPDY within a WebSocket: the binary messages are the bytes of a SPDY/3.1 connection. kubectl forwards ports that way, and gateways
/// hand the connections of clients that speak SPDY to the daemon so.
/// </summary>
/// <remarks>https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets</remarks>
public static class SpdyTunnel
{
    /// <summary>The protocol of an <c>Upgrade</c> header.</summary>
    public const string Upgrade = "SPDY/3.1";

    /// <summary>What precedes the protocol of the streams in the WebSocket's subprotocol.</summary>
    public const string Prefix = "SPDY/3.1+";

    /// <summary>The subprotocol for a client of SPDY that names no protocol of its streams.</summary>
    public const string Unnamed = Prefix;

    /// <summary>The protocol of forwarded ports.</summary>
    public const string PortForward = "portforward.k8s.io";

    /// <summary>Whether a subprotocol stands for SPDY.</summary>
    public static bool IsOne(string subprotocol) => subprotocol.StartsWith(Prefix, StringComparison.Ordinal);
}
