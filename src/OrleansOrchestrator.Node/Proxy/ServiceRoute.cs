using System.Net;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The address and the protocol at which the proxy serves a service port.</summary>
/// <param name="Address">A cluster IP, an external address, or an address of the machine for a node port.</param>
/// <param name="Port">The port.</param>
/// <param name="Protocol">The protocol.</param>
internal readonly record struct Listening(IPAddress Address, int Port, TransportProtocol Protocol)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Address}:{Port}/{Protocol.ToText()}";
}

/// <summary>What kind of address a service port has.</summary>
internal enum RouteScope
{
    /// <summary>The cluster IP, for pods and nodes.</summary>
    Cluster,

    /// <summary>An address that leads to the cluster from outside: an external IP, or a load balancer's.</summary>
    External,

    /// <summary>A port of every node.</summary>
    NodePort,
}

/// <summary>The endpoints behind a service port.</summary>
/// <param name="Service">The service's namespace and name, for logs.</param>
/// <param name="Endpoints">The endpoints, in a stable order.</param>
/// <param name="AffinityTimeout">How long a client keeps its endpoint. Null without session affinity.</param>
internal sealed record ServiceRoute(string Service, IReadOnlyList<IPEndPoint> Endpoints, TimeSpan? AffinityTimeout)
{
    /// <summary>What kind of address it has.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>The endpoints for clients outside the cluster under <c>externalTrafficPolicy: Local</c>; null where these use the same
    /// as everybody.</summary>
    public IReadOnlyList<IPEndPoint>? OutsideEndpoints { get; init; }

    /// <summary>Whether packets are dropped rather than refused where there is no endpoint, because other nodes have some.</summary>
    public bool IsServedElsewhere { get; init; }

    /// <summary>The addresses of endpoints that may call their own service from this node.</summary>
    public IReadOnlyList<IPAddress> CallersHere { get; init; } = [];

    /// <summary>The ranges from which clients may come; null for anywhere.</summary>
    public IReadOnlyList<IPNetwork>? Sources { get; init; }

    /// <summary>Whether a client may come.</summary>
    public bool Admits(IPAddress client) => Sources is null || Sources.Any(range => range.Contains(client));

    /// <summary>The endpoints for a client.</summary>
    /// <param name="client">The client.</param>
    /// <param name="isOutside">Tells whether it is outside the cluster; asked only where that matters.</param>
    public IReadOnlyList<IPEndPoint> EndpointsFor(IPAddress client, Func<IPAddress, bool> isOutside) =>
        OutsideEndpoints is { } outside && isOutside(client) ? outside : Endpoints;
}
