using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>Endpoints of one address family that serve the same ports, and so share slices.</summary>
/// <param name="AddressType"><c>IPv4</c> or <c>IPv6</c>.</param>
/// <param name="Ports">The ports.</param>
/// <param name="Endpoints">The endpoints, in the order in which new slices take them.</param>
internal sealed record SliceContent(string AddressType, IList<Discoveryv1EndpointPort> Ports, IReadOnlyList<V1Endpoint> Endpoints)
{
    /// <summary>The address type of an address.</summary>
    public static string AddressTypeOf(string ip) => AddressSyntax.FamilyOf(ip) ?? "IPv4";
}
