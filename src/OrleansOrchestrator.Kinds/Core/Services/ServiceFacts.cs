using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>What follows from a service's type and address.</summary>
public static class ServiceFacts
{
    /// <summary>The address of a service that has none: DNS answers with its pods.</summary>
    public const string NoAddress = "None";

    /// <summary>Whether DNS answers with the pods themselves.</summary>
    public static bool IsHeadless(V1ServiceSpec spec) => spec.Type != "ExternalName" && spec.ClusterIP == NoAddress;

    /// <summary>Whether the service has a cluster IP, or says that it wants none.</summary>
    public static bool NeedsClusterIP(V1ServiceSpec spec) => spec.Type is "ClusterIP" or "NodePort" or "LoadBalancer";

    /// <summary>Whether its ports may be open on every node.</summary>
    public static bool HasNodePorts(V1ServiceSpec spec) => spec.Type is "NodePort" or "LoadBalancer";

    /// <summary>Whether a node port is chosen for each port that has none.</summary>
    public static bool ChoosesNodePorts(V1ServiceSpec spec) =>
        spec.Type == "NodePort" || (spec.Type == "LoadBalancer" && spec.AllocateLoadBalancerNodePorts != false);

    /// <summary>Whether balancers ask each node, at a port of its own, if it has pods of the service.</summary>
    public static bool NeedsHealthCheck(V1ServiceSpec spec) => spec is { Type: "LoadBalancer", ExternalTrafficPolicy: "Local" };

    /// <summary>Whether it can be reached from outside the cluster.</summary>
    public static bool IsExternallyAccessible(V1ServiceSpec spec) =>
        spec.Type is "NodePort" or "LoadBalancer" || (spec.Type == "ClusterIP" && spec.ExternalIPs.OrNone().Count > 0);
}
