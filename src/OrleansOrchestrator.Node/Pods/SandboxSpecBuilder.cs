using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Resolves a pod into the runtime's input for its sandbox.</summary>
internal static class SandboxSpecBuilder
{
    /// <exception cref="ConfigurationException">The pod cannot have what it asks for.</exception>
    public static SandboxSpec Build(V1Pod pod, int attempt, string directory, TimeSpan? fenceAfter, string runtimeHandler, NodeAgentOptions options)
    {
        return new SandboxSpec
        {
            PodUid = pod.Metadata.Uid,
            PodName = pod.Metadata.Name,
            PodNamespace = pod.Metadata.NamespaceProperty,
            Attempt = attempt,
            Hostname = PodHostname.InKernel(pod, options.ClusterDomain),
            HostNetwork = pod.Spec.HostNetwork == true,
            HostIpc = pod.Spec.HostIPC == true,
            HostPid = pod.Spec.HostPID == true,
            HasPrivileged = (pod.Spec.InitContainers ?? []).Concat(pod.Spec.Containers).Any(container => container.SecurityContext?.Privileged == true)
                || pod.Spec.EphemeralContainers?.Any(container => container.SecurityContext?.Privileged == true) == true,
            ShareProcesses = pod.Spec.ShareProcessNamespace == true,
            RuntimeHandler = runtimeHandler,
            Directory = directory,
            FenceAfter = fenceAfter,
            Sysctls = (pod.Spec.SecurityContext?.Sysctls ?? []).GroupBy(SysctlPolicy.NameOf).ToDictionary(s => s.Key, s => s.Last().Value),
            HostPorts = [.. HostPorts(pod)],
        };
    }

    private static IEnumerable<PublishedPort> HostPorts(V1Pod pod) =>
        from container in pod.Spec.Containers
        from port in container.Ports ?? []
        where port.HostPort is > 0 && pod.Spec.HostNetwork != true
        select new PublishedPort(port.ContainerPort, port.HostPort!.Value, (port.Protocol ?? "TCP").ToLowerInvariant(), port.HostIP);
}
