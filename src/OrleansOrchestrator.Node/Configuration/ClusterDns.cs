using System.Net;
using k8s.Models;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The DNS servers of the cluster, for the resolver of pods.</summary>
/// <param name="options">The operator's choice.</param>
/// <param name="services">Where the Service is found.</param>
/// <param name="sharesLoopback">Whether pods reach the machine's loopback range.</param>
/// <param name="isRefused">Whether this node should serve DNS itself and cannot.</param>
internal sealed class ClusterDns(NodeAgentOptions options, IServiceSource services, bool sharesLoopback, Func<bool> isRefused)
{
    /// <summary>The servers of a pod: the operator's, or the Service <c>kube-dns</c>. Empty if there is none that the pod can reach.</summary>
    /// <returns>Null while the services are not known.</returns>
    public IReadOnlyList<string>? ServersOf(V1Pod pod)
    {
        if (options.ClusterDns.Count > 0 || !options.DnsServer)
            return options.ClusterDns;
        if (!services.IsSynced)
            return null;

        // The host's servers at least know the names outside the cluster.
        if (isRefused() && ClusterDnsService.AddressServedByNodes(services) is not null)
            return [];
        var address = ClusterDnsService.AddressOf(services);
        return address is not null && (sharesLoopback || pod.Spec.HostNetwork == true || !IPAddress.IsLoopback(address)) ? [address.ToString()] : [];
    }
}
