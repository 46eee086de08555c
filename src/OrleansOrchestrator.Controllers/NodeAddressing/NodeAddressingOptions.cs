using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Controllers.NodeAddressing;

/// <summary>The ranges of addresses that nodes get for their pods, named as in kube-controller-manager.</summary>
public sealed record NodeAddressingOptions
{
    // As in Kubernetes: a cluster's range has room for 65,536 nodes at most.
    private const int NodeBitsMax = 16;

    /// <summary>
    /// The addresses of all pods, such as <c>10.244.0.0/16</c>, or one range of each family with a comma in between. Each node gets a part
    /// of each as <c>spec.podCIDRs</c>, the first one as <c>spec.podCIDR</c>. Empty gives nodes no ranges.
    /// </summary>
    public string ClusterCidr { get; init; } = "";

    /// <summary>The length of the prefix of a node's IPv4 range: 24 has room for 253 pods.</summary>
    public int NodeCidrMaskSizeIPv4 { get; init; } = 24;

    /// <summary>The length of the prefix of a node's IPv6 range.</summary>
    public int NodeCidrMaskSizeIPv6 { get; init; } = 64;

    /// <summary>Whether nodes get ranges.</summary>
    public bool IsOn => ClusterCidr.Length > 0;

    /// <summary>The cluster's ranges, in the order of a node's.</summary>
    /// <exception cref="FormatException">They have <see cref="Faults"/>.</exception>
    public IReadOnlyList<NodeRangePool> Pools() => [.. Networks().Select(network => new NodeRangePool(network, MaskSizeOf(network)))];

    /// <summary>Finds all faults at once.</summary>
    /// <param name="serviceCidr">The range of service addresses, which must be another one; null if it is not known yet.</param>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults(string? serviceCidr = null)
    {
        var faults = new OptionFaults();
        faults.Between(NodeCidrMaskSizeIPv4, 1, 30);
        faults.Between(NodeCidrMaskSizeIPv6, 1, 126);
        var texts = Texts();
        foreach (var text in texts.Where(text => !AddressSyntax.TryParseNetwork(text, out _)))
            faults.Require(false, $"ClusterCidr must be address ranges such as 10.244.0.0/16, but has {text}.");
        if (faults.All.Count > 0)
            return faults.All;

        var networks = Networks();
        faults.Require(
            networks.Count <= 2 && networks.Select(network => network.BaseAddress.AddressFamily).Distinct().Count() == networks.Count,
            $"ClusterCidr may have one range of each family, but is {ClusterCidr}.");
        foreach (var network in networks)
        {
            var (mask, option) = (MaskSizeOf(network), IsIPv4(network) ? nameof(NodeCidrMaskSizeIPv4) : nameof(NodeCidrMaskSizeIPv6));
            faults.Require(
                mask >= network.PrefixLength && mask - network.PrefixLength <= NodeBitsMax,
                $"{option} must be between {network.PrefixLength} and {network.PrefixLength + NodeBitsMax} for {network}, but is {mask}.");
            faults.Require(
                serviceCidr is null || !AddressSyntax.TryParseNetwork(serviceCidr, out var services) || !network.Overlaps(services),
                $"ClusterCidr must have no addresses of services, but {network} overlaps {serviceCidr}.");
        }

        return faults.All;
    }

    private string[] Texts() => ClusterCidr.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private List<IPNetwork> Networks() => [.. Texts().Select(text =>
        AddressSyntax.TryParseNetwork(text, out var network) ? network : throw new FormatException($"\"{text}\" is not an address range"))];

    private int MaskSizeOf(IPNetwork network) => IsIPv4(network) ? NodeCidrMaskSizeIPv4 : NodeCidrMaskSizeIPv6;

    private static bool IsIPv4(IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
}
