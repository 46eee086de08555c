using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The host name inside a pod.</summary>
internal static class PodHostname
{
    // As the kubelet, cuts longer pod names: the longest DNS label.
    private const int LabelMax = 63;
    // The kernel's limit.
    private const int NameMax = 64;

    /// <summary>The short name; with <c>setHostnameAsFQDN</c>, and a subdomain, the whole one.</summary>
    /// <exception cref="ConfigurationException">The whole name is too long.</exception>
    public static string InKernel(V1Pod pod, string clusterDomain)
    {
        var name = Of(pod);
        if (pod.Spec.SetHostnameAsFQDN != true || string.IsNullOrEmpty(pod.Spec.Subdomain))
            return name;
        var whole = $"{name}.{pod.Spec.Subdomain}.{pod.Metadata.NamespaceProperty}.svc.{clusterDomain}";
        return whole.Length <= NameMax
            ? whole
            : throw new ConfigurationException(
                $"failed to construct FQDN from Pod hostname and cluster domain, FQDN {whole} is too long ({NameMax} characters is the max, {whole.Length} characters requested)");
    }

    /// <summary>The short name.</summary>
    public static string Of(V1Pod pod)
    {
        var name = string.IsNullOrEmpty(pod.Spec.Hostname) ? pod.Metadata.Name : pod.Spec.Hostname;
        return name.Length <= LabelMax ? name : name[..LabelMax].TrimEnd('-', '.');
    }
}
