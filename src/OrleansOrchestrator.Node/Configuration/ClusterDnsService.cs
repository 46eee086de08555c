using System.Net;
using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The Service whose address pods have as their DNS server.</summary>
internal static class ClusterDnsService
{
    public const string Namespace = "kube-system";
    public const string Name = "kube-dns";

    /// <summary>The label by which service proxies leave a service to somebody else.</summary>
    public const string ProxyLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>The value of that label for what every node's daemon serves itself.</summary>
    public const string NodeProxy = "orleansorchestrator-node-dns";

    /// <summary>The Service's address; null if it is not there or has none.</summary>
    public static IPAddress? AddressOf(IServiceSource services) =>
        services.Find(Namespace, Name)?.Spec?.ClusterIP is { } text && AddressSyntax.TryParse(text, out var address) ? address : null;

    /// <summary>The Service's address if the nodes serve it; null if pods do, or nobody.</summary>
    public static IPAddress? AddressServedByNodes(IServiceSource services) =>
        services.Find(Namespace, Name) is { } service && service.GetLabel(ProxyLabel) == NodeProxy && service.Spec?.Selector is null or { Count: 0 }
            ? AddressOf(services)
            : null;
}
