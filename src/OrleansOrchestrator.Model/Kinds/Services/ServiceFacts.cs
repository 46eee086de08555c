using k8s.Models;
using OrleansOrchestrator.Model.Kinds.Rules;

namespace OrleansOrchestrator.Model.Kinds.Services;

/// <summary>What follows from a service's type and address.</summary>
internal static class ServiceFacts
{
    /// <summary>The address of a service that has none: DNS answers with its pods.</summary>
    public const string NoAddress = "None";

    /// <summary>Whether DNS answers with the pods themselves.</summary>
    public static bool IsHeadless(V1ServiceSpec spec) => spec.Type != "ExternalName" && spec.ClusterIP == NoAddress;

    /// <summary>Whether the service has a cluster IP, or says that it wants none.</summary>
    public static bool NeedsClusterIP(V1ServiceSpec spec) => spec.Type is "ClusterIP" or "NodePort" or "LoadBalancer";

    /// <summary>Whether every port is open on every node.</summary>
    public static bool NeedsNodePorts(V1ServiceSpec spec) =>
        spec.Type == "NodePort" || (spec.Type == "LoadBalancer" && spec.AllocateLoadBalancerNodePorts != false);

    /// <summary>Whether it can be reached from outside the cluster.</summary>
    public static bool IsExternallyAccessible(V1ServiceSpec spec) =>
        spec.Type is "NodePort" or "LoadBalancer" || (spec.Type == "ClusterIP" && spec.ExternalIPs.OrNone().Count > 0);
}
