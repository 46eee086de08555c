using System.Net;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The address and the protocol on which the proxy listens for a service port.</summary>
/// <param name="Address">The cluster IP, or an address of the machine for a node port.</param>
/// <param name="Port">The port.</param>
/// <param name="IsUdp">True for UDP, false for TCP.</param>
internal readonly record struct Listening(IPAddress Address, int Port, bool IsUdp)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Address}:{Port}/{(IsUdp ? "UDP" : "TCP")}";
}

/// <summary>The endpoints behind a service port.</summary>
/// <param name="Service">The service's namespace and name, for logs.</param>
/// <param name="Endpoints">The ready endpoints, in a stable order.</param>
/// <param name="AffinityTimeout">How long a client keeps its endpoint. Null without session affinity.</param>
internal sealed record ServiceRoute(string Service, IReadOnlyList<IPEndPoint> Endpoints, TimeSpan? AffinityTimeout);
