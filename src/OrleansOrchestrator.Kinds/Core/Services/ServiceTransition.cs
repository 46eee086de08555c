using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>
/// Completes an update of a service: keeps the allocated addresses and ports that the update leaves out, and drops those that the
/// new type does not use.
/// </summary>
/// <remarks>See patchAllocatedValues and dropTypeDependentFields in k8s.io/kubernetes/pkg/registry/core/service.</remarks>
internal static class ServiceTransition
{
    public static void Apply(V1ServiceSpec updated, V1ServiceSpec current)
    {
        KeepAddress(updated, current);
        KeepNodePorts(updated, current);
        DropAddress(updated, current);
        DropNodePorts(updated, current);
        if (ServiceFacts.IsExternallyAccessible(current) && !ServiceFacts.IsExternallyAccessible(updated)
            && updated.ExternalTrafficPolicy == current.ExternalTrafficPolicy)
        {
            updated.ExternalTrafficPolicy = null;
        }

        if (current.Type == "LoadBalancer" && updated.Type != "LoadBalancer")
        {
            if (updated.AllocateLoadBalancerNodePorts == current.AllocateLoadBalancerNodePorts)
                updated.AllocateLoadBalancerNodePorts = null;
            if (updated.LoadBalancerClass == current.LoadBalancerClass)
                updated.LoadBalancerClass = null;
        }
    }

    private static void KeepAddress(V1ServiceSpec updated, V1ServiceSpec current)
    {
        if (!ServiceFacts.NeedsClusterIP(updated) || !ServiceFacts.NeedsClusterIP(current))
            return;
        if (string.IsNullOrEmpty(updated.ClusterIP))
        {
            updated.ClusterIP = current.ClusterIP;
            updated.ClusterIPs = current.ClusterIPs;
        }
        else if (updated.ClusterIP != current.ClusterIP && SameAddresses(updated, current))
        {
            updated.ClusterIPs = [updated.ClusterIP];
        }
    }

    private static void DropAddress(V1ServiceSpec updated, V1ServiceSpec current)
    {
        if (!ServiceFacts.NeedsClusterIP(current) || ServiceFacts.NeedsClusterIP(updated))
            return;
        if (SameAddresses(updated, current))
            (updated.ClusterIP, updated.ClusterIPs) = (null, null);
        if (updated.IpFamilies.OrNone().SequenceEqual(current.IpFamilies.OrNone()))
            updated.IpFamilies = null;
        if (updated.IpFamilyPolicy == current.IpFamilyPolicy)
            updated.IpFamilyPolicy = null;
        if (updated.InternalTrafficPolicy == current.InternalTrafficPolicy)
            updated.InternalTrafficPolicy = null;
    }

    // Ports are matched by name. A former node port that another port of the update uses is not kept.
    private static void KeepNodePorts(V1ServiceSpec updated, V1ServiceSpec current)
    {
        if (ServiceFacts.NeedsHealthCheck(updated) && ServiceFacts.NeedsHealthCheck(current) && updated.HealthCheckNodePort is null or 0)
            updated.HealthCheckNodePort = current.HealthCheckNodePort;
        if (!ServiceFacts.ChoosesNodePorts(updated) || !ServiceFacts.HasNodePorts(current))
            return;
        var used = NodePorts(updated).ToHashSet();
        foreach (var port in updated.Ports.OrNone().Where(port => port.NodePort is null or 0))
        {
            var old = current.Ports.OrNone().LastOrDefault(old => old.Name.Or("") == port.Name.Or(""))?.NodePort;
            if (old is not null && !used.Contains(old.Value))
                port.NodePort = old;
        }
    }

    private static void DropNodePorts(V1ServiceSpec updated, V1ServiceSpec current)
    {
        if (ServiceFacts.NeedsHealthCheck(current) && !ServiceFacts.NeedsHealthCheck(updated) && updated.HealthCheckNodePort == current.HealthCheckNodePort)
            updated.HealthCheckNodePort = null;
        if (!ServiceFacts.HasNodePorts(current) || ServiceFacts.HasNodePorts(updated) || !NodePorts(updated).ToHashSet().SetEquals(NodePorts(current)))
            return;
        foreach (var port in updated.Ports.OrNone())
            port.NodePort = null;
    }

    private static IEnumerable<int> NodePorts(V1ServiceSpec spec) => spec.Ports.OrNone().Select(port => port.NodePort ?? 0).Where(port => port != 0);

    private static bool SameAddresses(V1ServiceSpec left, V1ServiceSpec right) =>
        left.ClusterIPs.OrNone().SequenceEqual(right.ClusterIPs.OrNone());
}
