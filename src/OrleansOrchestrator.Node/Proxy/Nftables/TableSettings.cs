using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>What a node's table has in common for all services.</summary>
/// <param name="Name">The table's name.</param>
/// <param name="NodePortAddresses">The addresses of this machine that serve node ports; empty for all but loopback ones.</param>
/// <param name="PodRanges">The ranges of pods' addresses; empty if they are not known.</param>
internal sealed record TableSettings(string Name, IReadOnlyList<IPAddress> NodePortAddresses, IReadOnlyList<IPNetwork> PodRanges)
{
    private const string Prefix = "orchestrator-";
    private const int ClusterDigits = 12;

    /// <summary>The ranges whose addresses are no clients outside where <see cref="PodRanges"/> are not known.</summary>
    public IReadOnlyList<IPNetwork> InsideRanges { get; init; } = [];

    /// <summary>The range of cluster IPs; null if it is not known.</summary>
    public IPNetwork? ServiceRange { get; init; }

    /// <summary>The settings of a node.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="cluster">The cluster's id, which keeps the tables of several clusters on one machine apart.</param>
    public static TableSettings Of(NodeAgentOptions options, string cluster)
    {
        var addresses = options.NodePortAddresses.Select(AddressSyntax.Parse).Where(address => address.AddressFamily == AddressFamily.InterNetwork).ToList();
        return new TableSettings(
            NameOf(cluster, options.Name),
            addresses.Contains(IPAddress.Any) ? [] : addresses,
            RangesOf(options.ProxyClusterCidrs));
    }

    /// <summary>The settings in a cluster.</summary>
    /// <param name="services">Its range of cluster IPs.</param>
    /// <param name="pods">Its ranges of pods' addresses, with commas between them; null or empty if they are not known.</param>
    public TableSettings In(string services, string? pods) => this with
    {
        ServiceRange = RangesOf([services]).Select(range => (IPNetwork?)range).FirstOrDefault(),
        InsideRanges = RangesOf((pods ?? "").Split(',', StringSplitOptions.TrimEntries)),
    };

    /// <summary>The name of a node's table.</summary>
    public static string NameOf(string cluster, string node)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{cluster}/{node}")))[..ClusterDigits];
        return $"{Prefix}{node}-{hash}";
    }

    /// <summary>The ranges of IPv4 among some texts.</summary>
    private static IReadOnlyList<IPNetwork> RangesOf(IEnumerable<string> texts) =>
        [.. ServiceProxyAddressing.RangesOf(texts).Where(network => network.BaseAddress.AddressFamily == AddressFamily.InterNetwork)];
}
