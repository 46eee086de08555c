using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Kinds.Core;
using k8s.Models;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>The address and identity of a node daemon.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Address">The daemon's address, such as <c>https://10.0.0.7:10250</c>.</param>
/// <param name="CertificatesSha256">The SHA-256 of its serving certificate's DER encoding, in lower-case hex. While the daemon renews it, that
/// of the next one follows after a comma.</param>
/// <param name="Tunnel">The gateway at which the node's tunnels end; null if the daemon is called directly.</param>
internal sealed record NodeEndpoint(string Node, Uri Address, string CertificatesSha256, Uri? Tunnel = null)
{
    // Never resolved: the tunnel leads to the node.
    private static readonly Uri InTunnel = new("https://node/");

    /// <summary>Reads the endpoint from a node object.</summary>
    /// <exception cref="ApiException">500: the node object has no such address or fingerprint.</exception>
    public static NodeEndpoint Of(V1Node node)
    {
        var name = node.Metadata.Name;
        if (node.Metadata.Annotations?.TryGetValue(NodeAnnotations.ServingCertificate, out var fingerprint) != true || string.IsNullOrEmpty(fingerprint))
            throw ApiErrors.Internal($"the daemon of node \"{name}\" has told no certificate: it serves neither logs nor sessions, as those of hollow nodes do");
        fingerprint = fingerprint.ToLower(CultureInfo.InvariantCulture);
        if (node.Metadata.Annotations.TryGetValue(NodeTunnel.Annotation, out var tunnel) && Uri.TryCreate(tunnel, UriKind.Absolute, out var gateway))
            return new NodeEndpoint(name, InTunnel, fingerprint, gateway);
        var host = AddressOf(node, "InternalIP") ?? AddressOf(node, "Hostname")
            ?? throw ApiErrors.Internal($"node \"{name}\" has no address");
        var port = node.Status?.DaemonEndpoints?.KubeletEndpoint?.Port is > 0 and <= IPEndPoint.MaxPort and var published
            ? published
            : throw ApiErrors.Internal($"the daemon of node \"{name}\" has told no port");
        // .NET would parse a name that looks like a number as an address.
        if (AddressSyntax.TryParse(host, out var parsed))
            host = parsed.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{parsed}]" : parsed.ToString();
        else if (Uri.CheckHostName(host) != UriHostNameType.Dns)
            throw ApiErrors.Internal($"node \"{name}\" has no address that is one");
        var address = new UriBuilder(Uri.UriSchemeHttps, host, port);
        return new NodeEndpoint(name, address.Uri, fingerprint);
    }

    /// <summary>Whether the daemon shows a certificate with this fingerprint.</summary>
    public bool Has(string fingerprint) => CertificatesSha256.Split(',').Contains(fingerprint, StringComparer.Ordinal);

    /// <summary>The first address of a type that a node has; null if there is none.</summary>
    public static string? AddressOf(V1Node node, string type)
    {
        foreach (var address in node.Status?.Addresses ?? [])
        {
            if (address.Type == type && !string.IsNullOrEmpty(address.Address))
                return address.Address;
        }

        return null;
    }
}
