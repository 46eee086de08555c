using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>The ranges of service addresses and node ports.</summary>
public sealed record ServiceAddressOptions
{
    /// <summary>The IPv4 range of cluster IPs, such as <c>10.96.0.0/16</c>. Its first address belongs to the API.</summary>
    public string ServiceCidr { get; init; } = "10.96.0.0/16";

    /// <summary>The first node port.</summary>
    public int NodePortFirst { get; init; } = 30_000;

    /// <summary>The last node port.</summary>
    public int NodePortLast { get; init; } = 32_767;

    /// <summary>Whether the cluster has the Service <c>kube-dns</c> in <c>kube-system</c>, at the tenth address of the range, where
    /// every node answers DNS. Without it, and without a service of that name that users make, pods have their host's DNS.</summary>
    public bool DnsService { get; init; } = true;

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.Require(AddressSyntax.TryParseNetwork(ServiceCidr, out _), $"ServiceCidr must be an address range such as 10.96.0.0/16, but is {ServiceCidr}.");
        faults.Between(NodePortFirst, 1, ushort.MaxValue);
        faults.Between(NodePortLast, NodePortFirst, ushort.MaxValue);
        return faults.All;
    }
}
