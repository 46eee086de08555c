using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Resolves a pod into the runtime's input for its sandbox.</summary>
internal static class SandboxSpecBuilder
{
    // As the kubelet, cuts longer pod names: the longest DNS label.
    private const int HostnameMax = 63;

    public static SandboxSpec Build(V1Pod pod, int attempt, string directory, TimeSpan? fenceAfter, NodeAgentOptions options)
    {
        var dns = pod.Spec.DnsConfig;
        var usesCluster = options.ClusterDns.Count > 0
            && (pod.Spec.DnsPolicy is null or "ClusterFirst" && pod.Spec.HostNetwork != true
                || pod.Spec.DnsPolicy == "ClusterFirstWithHostNet");
        var ns = pod.Metadata.NamespaceProperty;
        string[] searches = usesCluster
            ? [$"{ns}.svc.{options.ClusterDomain}", $"svc.{options.ClusterDomain}", options.ClusterDomain]
            : [];
        return new SandboxSpec
        {
            PodUid = pod.Metadata.Uid,
            PodName = pod.Metadata.Name,
            PodNamespace = ns,
            Attempt = attempt,
            Hostname = HostnameOf(pod),
            HostNetwork = pod.Spec.HostNetwork == true,
            HostIpc = pod.Spec.HostIPC == true,
            HostPid = pod.Spec.HostPID == true,
            Directory = directory,
            FenceAfter = fenceAfter,
            Sysctls = (pod.Spec.SecurityContext?.Sysctls ?? []).GroupBy(SysctlPolicy.NameOf).ToDictionary(s => s.Key, s => s.Last().Value),
            HostPorts = [.. HostPorts(pod)],
            DnsServers = [.. usesCluster ? options.ClusterDns : [], .. dns?.Nameservers ?? []],
            DnsSearches = [.. searches, .. dns?.Searches ?? []],
            DnsOptions =
            [
                .. usesCluster ? ["ndots:5"] : Array.Empty<string>(),
                .. (dns?.Options ?? []).Select(o => o.Value is null ? o.Name : $"{o.Name}:{o.Value}"),
            ],
        };
    }

    public static string HostnameOf(V1Pod pod)
    {
        var name = string.IsNullOrEmpty(pod.Spec.Hostname) ? pod.Metadata.Name : pod.Spec.Hostname;
        return name.Length <= HostnameMax ? name : name[..HostnameMax].TrimEnd('-', '.');
    }

    private static IEnumerable<PublishedPort> HostPorts(V1Pod pod) =>
        from container in pod.Spec.Containers
        from port in container.Ports ?? []
        where port.HostPort is > 0 && pod.Spec.HostNetwork != true
        select new PublishedPort(port.ContainerPort, port.HostPort!.Value, (port.Protocol ?? "TCP").ToLowerInvariant(), port.HostIP);
}
