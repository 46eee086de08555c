using System.Net;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Where the proxy listens for a service port.</summary>
/// <param name="Address">The cluster IP, or an address of the machine for a node port.</param>
/// <param name="Port">The port.</param>
/// <param name="IsUdp">Whether it is UDP instead of TCP.</param>
internal readonly record struct Listening(IPAddress Address, int Port, bool IsUdp)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Address}:{Port}/{(IsUdp ? "UDP" : "TCP")}";
}

/// <summary>What a service port leads to.</summary>
/// <param name="Service">Namespace and name, for logs.</param>
/// <param name="Endpoints">The ready endpoints, in a stable order.</param>
/// <param name="AffinityTimeout">How long a client stays with its endpoint; null without session affinity.</param>
internal sealed record ServiceRoute(string Service, IReadOnlyList<IPEndPoint> Endpoints, TimeSpan? AffinityTimeout);
