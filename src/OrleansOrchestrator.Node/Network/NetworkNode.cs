using System.Net;
using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Network;

/// <summary>A node as the pod network sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">The addresses at which other nodes reach it.</param>
/// <param name="Ranges">The addresses of its pods.</param>
internal sealed record NetworkNode(string Name, IReadOnlyList<IPAddress> Addresses, IReadOnlyList<IPNetwork> Ranges)
{
    /// <summary>Reads a node.</summary>
    public static NetworkNode Of(V1Node node) => new(
        node.Metadata.Name,
        [.. (node.Status?.Addresses ?? []).Where(address => address.Type == "InternalIP").Select(address => AddressSyntax.TryParse(address.Address ?? "", out var parsed) ? parsed : null).OfType<IPAddress>()],
        ReadRanges(node.Spec?.PodCIDRs ?? []));

    /// <summary>Reads ranges; what is none is left out.</summary>
    public static IReadOnlyList<IPNetwork> ReadRanges(IEnumerable<string> texts) =>
        [.. texts.Select(text => AddressSyntax.TryParseSubnet(text, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>()];

    /// <summary>Whether the network is the same.</summary>
    public bool SameAs(NetworkNode? other) => other is not null && Name == other.Name && Addresses.SequenceEqual(other.Addresses) && Ranges.SequenceEqual(other.Ranges);
}
