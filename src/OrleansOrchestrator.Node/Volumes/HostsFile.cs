using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>The <c>/etc/hosts</c> of a pod: loopback, its own names, and its host aliases.</summary>
internal static class HostsFile
{
    public static string Content(V1Pod pod, string hostname, string? address, string clusterDomain)
    {
        var text = new StringBuilder("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")
            .Append("::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\n")
            .Append("fe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
        if (!string.IsNullOrEmpty(address))
        {
            var names = string.IsNullOrEmpty(pod.Spec.Subdomain)
                ? hostname
                : $"{hostname}.{pod.Spec.Subdomain}.{pod.Metadata.NamespaceProperty}.svc.{clusterDomain}\t{hostname}";
            text.Append(address).Append('\t').Append(names).Append('\n');
        }

        return AddAliases(text, pod).ToString();
    }

    /// <summary>That of a pod on the host's network: the host's, and the pod's aliases.</summary>
    public static string OfHost(V1Pod pod, string host) =>
        AddAliases(new StringBuilder("# Kubernetes-managed hosts file (host network).\n").Append(host), pod).ToString();

    private static StringBuilder AddAliases(StringBuilder text, V1Pod pod)
    {
        if (pod.Spec.HostAliases is not { Count: > 0 } aliases)
            return text;
        text.Append("\n# Entries added by HostAliases.\n");
        foreach (var alias in aliases)
            text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames ?? []).Append('\n');
        return text;
    }
}
