using System.Net;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>What the proxy needs of an EndpointSlice.</summary>
/// <param name="Family">The family of all addresses.</param>
/// <param name="Ports">The ports.</param>
/// <param name="Endpoints">The endpoints that take connections.</param>
internal sealed record ProxiedSlice(AddressFamily Family, IReadOnlyList<ProxiedPort> Ports, IReadOnlyList<ProxiedEndpoint> Endpoints)
{
    /// <summary>
    /// Reads a slice. One of names, and addresses of another family than the slice's, are left out, as kube-proxy does; so are ports
    /// that are none, which the API takes.
    /// </summary>
    /// <param name="slice">The slice.</param>
    /// <param name="nodesHere">The nodes of this machine.</param>
    public static ProxiedSlice Of(V1EndpointSlice slice, HashSet<string> nodesHere)
    {
        var family = slice.AddressType switch
        {
            "IPv4" => AddressFamily.InterNetwork,
            "IPv6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        return new ProxiedSlice(
            family,
            [
                .. from port in slice.Ports ?? []
                   let protocol = TransportProtocols.Read(port.Protocol)
                   where port.Port is > 0 and <= IPEndPoint.MaxPort && protocol is not null
                   select new ProxiedPort(port.Name ?? "", protocol.Value, port.Port!.Value),
            ],
            [.. (slice.Endpoints ?? []).Select(endpoint => Read(endpoint, family, nodesHere)).OfType<ProxiedEndpoint>()]);
    }

    /// <summary>What is not said of an endpoint's state is taken for the better. Of several addresses, which lead to the same, the first one counts.</summary>
    private static ProxiedEndpoint? Read(V1Endpoint endpoint, AddressFamily family, HashSet<string> nodesHere)
    {
        var isReady = endpoint.Conditions?.Ready ?? true;
        var isEnding = endpoint.Conditions is { Terminating: true, Serving: not false };
        if ((!isReady && !isEnding)
            || endpoint.Addresses is not [var text, ..]
            || !AddressSyntax.TryParse(text ?? "", out var address)
            || address.AddressFamily != family)
        {
            return null;
        }

        var place = string.IsNullOrEmpty(endpoint.NodeName) ? EndpointPlace.Unknown
            : nodesHere.Contains(endpoint.NodeName) ? EndpointPlace.Here
            : EndpointPlace.Elsewhere;
        return new ProxiedEndpoint(address, isReady, place) { Hints = HintsOf(endpoint.Hints, nodesHere) };
    }

    private static EndpointHints? HintsOf(V1EndpointHints? hints, HashSet<string> nodesHere)
    {
        var zones = (hints?.ForZones ?? []).Select(zone => zone?.Name).OfType<string>().ToList();
        var nodes = (hints?.ForNodes ?? []).Select(node => node?.Name).OfType<string>().ToList();
        return zones.Count + nodes.Count == 0 ? null : new EndpointHints(zones, nodes.Count == 0 ? null : nodes.Exists(nodesHere.Contains));
    }
}

/// <summary>A port of a slice.</summary>
/// <param name="Name">The name of the service's port; empty for the only one.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Number">The port at the endpoints.</param>
internal readonly record struct ProxiedPort(string Name, TransportProtocol Protocol, int Number);

/// <summary>Where an endpoint is.</summary>
internal enum EndpointPlace
{
    /// <summary>The slice does not say.</summary>
    Unknown,

    /// <summary>On this machine.</summary>
    Here,

    /// <summary>On another machine.</summary>
    Elsewhere,
}

/// <summary>An endpoint that takes connections.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsReady">Whether it is ready; otherwise it is about to end, serves still, and is used only where nothing is ready.</param>
/// <param name="Place">Where it is.</param>
internal sealed record ProxiedEndpoint(IPAddress Address, bool IsReady, EndpointPlace Place)
{
    /// <summary>Who should use it, for whoever prefers what is near; null if nobody is named.</summary>
    public EndpointHints? Hints { get; init; }
}

/// <summary>Who should use an endpoint.</summary>
/// <param name="Zones">The zones whose nodes should.</param>
/// <param name="IsForThisNode">Whether this node should; null if no node is named.</param>
internal sealed record EndpointHints(IReadOnlyList<string> Zones, bool? IsForThisNode);
