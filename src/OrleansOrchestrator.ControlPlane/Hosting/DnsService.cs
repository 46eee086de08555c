using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// The service at whose address pods find the cluster's DNS. It has no endpoints: each node's daemon listens at the address itself, and
/// service proxies leave the service to it. A service of that name with a selector is somebody else's, whose pods serve DNS instead.
/// </summary>
internal static class DnsService
{
    public const string Namespace = "kube-system";
    public const string Name = "kube-dns";

    /// <summary>The label by which service proxies leave a service alone, and its value for what daemons serve.</summary>
    public const string ProxyLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>Says in <see cref="ProxyLabel"/> that daemons serve DNS.</summary>
    public const string NodeProxy = "orleansorchestrator-node-dns";

    private const string AppLabel = "k8s-app";
    private const int Port = 53;

    // As kubeadm: the tenth address of the range.
    private const int AddressIndex = 9;

    /// <summary>The service at the address that it has in other clusters too.</summary>
    public static V1Service AtUsualAddress(ServiceAddressOptions addresses)
    {
        var range = ServiceRange.Parse(addresses.ServiceCidr);
        var service = AtAnyAddress();
        service.Spec.ClusterIP = range.Count > AddressIndex ? range.At(AddressIndex).ToString() : null;
        return service;
    }

    /// <summary>The service for a cluster that has another one at that address.</summary>
    public static V1Service AtAnyAddress() => new()
    {
        Metadata = new V1ObjectMeta { Name = Name, Labels = new Dictionary<string, string> { [AppLabel] = Name, [ProxyLabel] = NodeProxy } },
        Spec = new V1ServiceSpec
        {
            Ports =
            [
                new V1ServicePort { Name = "dns", Port = Port, TargetPort = Port, Protocol = "UDP" },
                new V1ServicePort { Name = "dns-tcp", Port = Port, TargetPort = Port, Protocol = "TCP" },
            ],
        },
    };

    /// <summary>Restores what daemons and proxies need. Other fields are left to users.</summary>
    /// <returns>The subresource to write; null if nothing changed.</returns>
    public static string? Repair(V1Service present)
    {
        var labels = present.Metadata.Labels ?? new Dictionary<string, string>();
        if (present.Spec.Selector is { Count: > 0 })
        {
            // Pods serve it. Whoever applies a manifest with a selector leaves labels that it does not name, and proxies would leave it alone.
            if (!labels.TryGetValue(ProxyLabel, out var proxy) || proxy != NodeProxy)
                return null;
            present.Metadata.Labels = labels.Where(label => label.Key != ProxyLabel).ToDictionary();
            return "";
        }

        var wanted = AtAnyAddress();
        var isRight = present.Spec.Type == "ClusterIP"
            && present.Spec.Ports is [{ Name: "dns", Port: Port, Protocol: "UDP" }, { Name: "dns-tcp", Port: Port, Protocol: "TCP" }]
            && wanted.Metadata.Labels.All(label => labels.TryGetValue(label.Key, out var value) && value == label.Value);
        if (isRight)
            return null;
        present.Metadata.Labels = new Dictionary<string, string>(labels) { [AppLabel] = Name, [ProxyLabel] = NodeProxy };
        present.Spec.Type = "ClusterIP";
        present.Spec.ExternalName = null;
        present.Spec.ExternalTrafficPolicy = null;
        present.Spec.Ports = wanted.Spec.Ports;
        return "";
    }
}
