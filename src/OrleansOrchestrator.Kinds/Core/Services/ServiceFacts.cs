using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>Properties that follow from a service's type and address.</summary>
public static class ServiceFacts
{
    /// <summary>The clusterIP of a headless service, which has no address.</summary>
    public const string NoAddress = "None";

    /// <summary>Whether the service is headless: DNS answers with its pods.</summary>
    public static bool IsHeadless(V1ServiceSpec spec) => spec.Type != "ExternalName" && spec.ClusterIP == NoAddress;

    /// <summary>Whether the service has a cluster IP, or states that it wants none.</summary>
    public static bool NeedsClusterIP(V1ServiceSpec spec) => spec.Type is "ClusterIP" or "NodePort" or "LoadBalancer";

    /// <summary>Whether the service may have node ports.</summary>
    public static bool HasNodePorts(V1ServiceSpec spec) => spec.Type is "NodePort" or "LoadBalancer";

    /// <summary>Whether each port without a node port gets one.</summary>
    public static bool ChoosesNodePorts(V1ServiceSpec spec) =>
        spec.Type == "NodePort" || (spec.Type == "LoadBalancer" && spec.AllocateLoadBalancerNodePorts != false);

    /// <summary>Whether the service has a health check node port, at which load balancers ask each node for pods of the service.</summary>
    public static bool NeedsHealthCheck(V1ServiceSpec spec) => spec is { Type: "LoadBalancer", ExternalTrafficPolicy: "Local" };

    /// <summary>Whether it can be reached from outside the cluster.</summary>
    public static bool IsExternallyAccessible(V1ServiceSpec spec) =>
        spec.Type is "NodePort" or "LoadBalancer" || (spec.Type == "ClusterIP" && spec.ExternalIPs.OrNone().Count > 0);
}
