using System.Globalization;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Where a proxied request goes.</summary>
/// <param name="Scheme">http or https.</param>
/// <param name="Address">The address that the server there sees as its own.</param>
/// <param name="Port">The port.</param>
/// <param name="Pod">The pod, which is reached through its node; null for an address outside of the cluster.</param>
/// <param name="Node">The pod's node, or without a pod the node whose daemon is asked; null if there is none.</param>
internal sealed record ProxyDestination(string Scheme, IPAddress Address, int Port, V1Pod? Pod, NodeEndpoint? Node)
{
    /// <summary>The option of an outgoing request that holds its destination.</summary>
    public static readonly HttpRequestOptionsKey<ProxyDestination> Key = new("destination");

    // Where machines of a cloud get their credentials over IPv6, for which they have no link-local address.
    private static readonly IPAddress MachineMetadata = AddressSyntax.Parse("fd00:ec2::254");

    /// <summary>The daemon that is asked itself; null if there is none.</summary>
    public NodeEndpoint? Daemon => Pod is null ? Node : null;

    /// <summary>The value of the Host header.</summary>
    public string Host => Daemon is { } daemon ? daemon.Address.Authority : Port == DefaultPort(Scheme) ? Text : string.Create(CultureInfo.InvariantCulture, $"{Text}:{Port}");

    /// <summary>The origin of its connections. They are shared by the requests to one pod, and never with another pod, which may get
    /// the same address later.</summary>
    public string Origin => Daemon is { } daemon ? daemon.Address.ToString() : new UriBuilder(Scheme, Pod?.Metadata.Uid ?? Text, Port).Uri.ToString();

    private string Text => Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Address}]" : Address.ToString();

    /// <summary>The daemon of a node.</summary>
    public static ProxyDestination Of(NodeEndpoint daemon) => new(Uri.UriSchemeHttps, IPAddress.None, daemon.Address.Port, null, daemon);

    /// <summary>Reads the port in a path; the protocol's if there is none.</summary>
    /// <exception cref="ApiException">503: it is no port.</exception>
    public static int PortOf(string text, string scheme)
    {
        if (text.Length == 0)
            return DefaultPort(scheme);
        return ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw ApiErrors.ServiceUnavailable($"error trying to reach service: dial tcp: lookup tcp/{text}: unknown port");
    }

    /// <summary>Reads an address to which requests may be passed on.</summary>
    /// <param name="text">The address.</param>
    /// <param name="isOfPod">Whether a node's daemon told it of a pod. Otherwise it is neither a loopback nor a link-local address,
    /// where what serves this machine alone listens.</param>
    /// <exception cref="ApiException">400: it is none.</exception>
    public static IPAddress Require(string? text, bool isOfPod) =>
        text is not null && AddressSyntax.TryParse(text, out var address) && (isOfPod || IsPublic(address)) ? address : throw ApiErrors.BadRequest("address not allowed");

    private static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return !IPAddress.IsLoopback(address)
            && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            && !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.Equals(MachineMetadata)
            && address.GetAddressBytes() is not ([169, 254, _, _] or [>= 224 and < 240, _, _, _]);
    }

    private static int DefaultPort(string scheme) => scheme == Uri.UriSchemeHttps ? 443 : 80;
}
