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
    public static ProxiedSlice Of(V1EndpointSlice slice)
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
                .. (slice.Ports ?? []).Where(port => port.Port is > 0 and <= IPEndPoint.MaxPort && port.Protocol is null or "TCP" or "UDP")
                    .Select(port => new ProxiedPort(port.Name ?? "", port.Protocol == "UDP", port.Port!.Value)),
            ],
            [.. (slice.Endpoints ?? []).Select(endpoint => Read(endpoint, family)).OfType<ProxiedEndpoint>()]);
    }

    /// <summary>What is not said of an endpoint's state is taken for the better. Of several addresses, which lead to the same, the first one counts.</summary>
    private static ProxiedEndpoint? Read(V1Endpoint endpoint, AddressFamily family)
    {
        var isReady = endpoint.Conditions?.Ready ?? true;
        var isEnding = endpoint.Conditions is { Terminating: true, Serving: not false };
        return (isReady || isEnding)
            && endpoint.Addresses is [var text, ..]
            && AddressSyntax.TryParse(text ?? "", out var address)
            && address.AddressFamily == family
            ? new ProxiedEndpoint(address, isReady)
            : null;
    }
}

/// <summary>A port of a slice.</summary>
/// <param name="Name">The name of the service's port; empty for the only one.</param>
/// <param name="IsUdp">Whether it is UDP instead of TCP.</param>
/// <param name="Number">The port at the endpoints.</param>
internal readonly record struct ProxiedPort(string Name, bool IsUdp, int Number);

/// <summary>An endpoint that takes connections.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsReady">Whether it is ready; otherwise it is about to end, serves still, and is used only where nothing is ready.</param>
internal sealed record ProxiedEndpoint(IPAddress Address, bool IsReady);
