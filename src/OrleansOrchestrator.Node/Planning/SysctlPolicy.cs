using k8s.Models;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The kernel parameters that a pod may set: as with the kubelet, those that are namespaced and safe.</summary>
/// <remarks>See "Using sysctls in a Kubernetes Cluster". Unsafe ones cannot be allowed.</remarks>
internal static class SysctlPolicy
{
    private const string Network = "net.";

    private static readonly HashSet<string> Safe = new(StringComparer.Ordinal)
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    };

    /// <summary>Why the node rejects the pod; null if it does not.</summary>
    public static PodFailure? Refuse(V1Pod pod)
    {
        foreach (var sysctl in pod.Spec.SecurityContext?.Sysctls ?? [])
        {
            var name = NameOf(sysctl);
            if (!Safe.Contains(name))
                return Refusal($"forbidden sysctl: \"{sysctl.Name}\" not allowlisted");
            if (pod.Spec.HostNetwork == true && name.StartsWith(Network, StringComparison.Ordinal))
                return Refusal($"forbidden sysctl: \"{sysctl.Name}\" not allowed with host net enabled");
            if (pod.Spec.HostIPC == true && !name.StartsWith(Network, StringComparison.Ordinal))
                return Refusal($"forbidden sysctl: \"{sysctl.Name}\" not allowed with host ipc enabled");
        }

        return null;
    }

    /// <summary>The name with dots, as the engine takes it.</summary>
    public static string NameOf(V1Sysctl sysctl) => sysctl.Name.Replace('/', '.');

    private static PodFailure Refusal(string why) => PodFailures.Rejected("SysctlForbidden", why);
}
