using k8s.Models;
using OrleansOrchestrator.Kinds.Bootstrap;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>The config map by which machines that join learn how the cluster is known. A controller signs it.</summary>
/// <param name="KubeConfig">Address and authority; null if there is no authority.</param>
/// <param name="AuthorityData">The authority as the kubeconfig holds it.</param>
internal sealed record PublicClusterInfo(string? KubeConfig, string AuthorityData)
{
    /// <summary>What the options of a silo say.</summary>
    public static PublicClusterInfo Of(ControlPlaneOptions options) => options.RootCertificatePem is not { } root
        ? new PublicClusterInfo(null, "")
        : new PublicClusterInfo(
            ClusterInfo.KubeConfig(options.ApiEndpoint is { } api ? new UriBuilder(Uri.UriSchemeHttps, api.Address, api.Port).Uri.ToString() : "https://kubernetes.default.svc", root),
            ClusterInfo.AuthorityData(root));

    /// <summary>The config map of a new cluster.</summary>
    public V1ConfigMap ToConfigMap() => new()
    {
        Metadata = new V1ObjectMeta { Name = ClusterInfo.Name, NamespaceProperty = ClusterInfo.Namespace },
        Data = new Dictionary<string, string> { [ClusterInfo.KubeConfigKey] = KubeConfig! },
    };

    /// <summary>Restores the authority. Each silo has another address, so that the one that is there stays.</summary>
    /// <returns>The subresource to write; null if nothing changed.</returns>
    public string? Repair(V1ConfigMap map)
    {
        if (map.Data is { } data && data.TryGetValue(ClusterInfo.KubeConfigKey, out var present) && present.Contains(AuthorityData, StringComparison.Ordinal))
            return null;
        map.Data = new Dictionary<string, string>(map.Data ?? new Dictionary<string, string>()) { [ClusterInfo.KubeConfigKey] = KubeConfig! };
        return "";
    }
}
