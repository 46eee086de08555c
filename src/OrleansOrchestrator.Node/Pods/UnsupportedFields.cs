using k8s.Models;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Rejects pods that ask for what the node cannot give, or says what they do without, so that nothing is silently left out.</summary>
internal static class UnsupportedFields
{
    private const string AppArmorSwitch = "/sys/module/apparmor/parameters/enabled";

    /// <summary>Why the node rejects the pod; null if it does not.</summary>
    public static PodFailure? Refuse(V1Pod pod, IContainerRuntime runtime)
    {
        if (runtime.StartsInstantly)
            return null;
        if (pod.Spec.Os is { Name: not "linux" })
            return Rejection("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
        if (pod.Spec.NodeSelector is { } selector && selector.TryGetValue("kubernetes.io/os", out var os) && os != "linux")
            return Rejection("PodOSSelectorNodeLabelDoesNotMatch", "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label");
        if (pod.Spec.SecurityContext?.SupplementalGroupsPolicy == "Strict")
            return Rejection("SupplementalGroupsPolicyNotSupported", "SupplementalGroupsPolicy=Strict is not supported in this node");
        if (runtime.HasImages)
        {
            return Containers(pod).Any(container => AsksForAppArmor(pod, container.Spec)) && !HasAppArmor()
                ? Rejection("AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host")
                : null;
        }

        var fields = OfProcesses(pod).ToList();
        return fields.Count == 0
            ? null
            : Rejection("UnsupportedFields", $"this node runs pods as processes of the host, and has no means for {string.Join(", ", fields)}");
    }

    /// <summary>What the pod does without on this node, with the reason of the event that tells so.</summary>
    public static IEnumerable<(string Reason, string Message)> WhatIsLeftOut(V1Pod pod, IContainerRuntime runtime)
    {
        if (runtime.StartsInstantly || runtime.HasImages)
            yield break;
        if (pod.Spec.HostNetwork != true && Containers(pod).Any(container => container.Spec.Ports?.Any(port => port.HostPort is > 0) is true))
        {
            yield return (
                "HostPortNotSupported",
                "Host ports lead nowhere on this node, where pods are processes of the host: they share its ports, and find their own address in $(POD_IP)");
        }

        if (Containers(pod).SelectMany(LimitsOf).ToList() is { Count: > 0 } limits)
        {
            yield return (
                "LimitsNotSupported",
                $"This node enforces no limits, because its pods are processes of the host: {string.Join(", ", limits)} only counts for scheduling and for the order of evictions");
        }
    }

    private static IEnumerable<string> LimitsOf((string Path, V1Container Spec) container) =>
        (container.Spec.Resources?.Limits?.Keys ?? []).Where(resource => resource != "ephemeral-storage").Order(StringComparer.Ordinal)
            .Select(resource => $"{container.Path}.resources.limits.{resource}");

    /// <summary>What processes of the host cannot have.</summary>
    private static IEnumerable<string> OfProcesses(V1Pod pod)
    {
        var spec = pod.Spec;
        if (spec.HostUsers == false)
            yield return "spec.hostUsers=false";
        if ((spec.DnsPolicy == "None" || spec.DnsConfig is not null) && !ResolverView.IsAvailable)
            yield return "spec.dnsConfig (the daemon cannot mount)";
        if (spec.HostAliases is { Count: > 0 })
            yield return "spec.hostAliases";
        if (spec.SecurityContext?.Sysctls is { Count: > 0 } && SysctlPolicy.Refuse(pod) is null)
            yield return "spec.securityContext.sysctls";
        if (spec.SecurityContext?.SeLinuxOptions is not null)
            yield return "spec.securityContext.seLinuxOptions";
        if (spec.SecurityContext?.SeccompProfile is { Type: "Localhost" })
            yield return "spec.securityContext.seccompProfile";
        foreach (var (path, container) in Containers(pod))
        {
            var security = container.SecurityContext;
            if (security?.ReadOnlyRootFilesystem == true)
                yield return $"{path}.securityContext.readOnlyRootFilesystem";
            if (security?.SeLinuxOptions is not null)
                yield return $"{path}.securityContext.seLinuxOptions";
            if (security?.SeccompProfile is { Type: "Localhost" })
                yield return $"{path}.securityContext.seccompProfile";
            if (AsksForAppArmor(pod, container))
                yield return $"{path}.securityContext.appArmorProfile";
            var user = security?.RunAsUser ?? spec.SecurityContext?.RunAsUser;
            if (security?.Capabilities?.Add is { Count: > 0 } && (user is > 0 || !Environment.IsPrivilegedProcess))
                yield return $"{path}.securityContext.capabilities.add";
            if (user is not null && !Environment.IsPrivilegedProcess)
                yield return $"{path}.securityContext.runAsUser (the daemon is not root)";
        }
    }

    private static IEnumerable<(string Path, V1Container Spec)> Containers(V1Pod pod) =>
        (pod.Spec.InitContainers ?? []).Select((container, i) => ($"spec.initContainers[{i}]", container))
            .Concat(pod.Spec.Containers.Select((container, i) => ($"spec.containers[{i}]", container)));

    private static bool AsksForAppArmor(V1Pod pod, V1Container container) => SecurityBuilder.ProfileOf(pod, container) is { Type: not "Unconfined" };

    private static bool HasAppArmor() => File.Exists(AppArmorSwitch) && File.ReadAllText(AppArmorSwitch).StartsWith('Y');

    private static PodFailure Rejection(string reason, string why) => new(reason, $"Pod was rejected: {why}", why);
}
