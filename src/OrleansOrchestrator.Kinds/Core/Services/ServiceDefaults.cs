using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>The defaults of services.</summary>
/// <remarks>See SetDefaults_Service in k8s.io/kubernetes/pkg/apis/core/v1. Addresses, their families and node ports are allocated later.</remarks>
internal static class ServiceDefaults
{
    private const int ClientIPTimeoutSeconds = 10_800;

    public static void Apply(V1ServiceSpec spec)
    {
        spec.SessionAffinity = spec.SessionAffinity.Or("None");
        spec.Type = spec.Type.Or("ClusterIP");
        ApplyAffinity(spec);
        foreach (var port in spec.Ports.OrNone())
            ApplyPort(port);
        ApplyAddress(spec);
        if (ServiceFacts.IsExternallyAccessible(spec))
            spec.ExternalTrafficPolicy = spec.ExternalTrafficPolicy.Or("Cluster");
        if (spec.Type == "LoadBalancer")
            spec.AllocateLoadBalancerNodePorts ??= true;
        if (spec.Type == "ExternalName")
            return;
        spec.InternalTrafficPolicy ??= "Cluster";
    }

    private static void ApplyAffinity(V1ServiceSpec spec)
    {
        if (spec.SessionAffinity == "None")
        {
            spec.SessionAffinityConfig = null;
            return;
        }

        if (spec.SessionAffinity != "ClientIP")
            return;
        spec.SessionAffinityConfig ??= new V1SessionAffinityConfig();
        spec.SessionAffinityConfig.ClientIP ??= new V1ClientIPConfig();
        spec.SessionAffinityConfig.ClientIP.TimeoutSeconds ??= ClientIPTimeoutSeconds;
    }

    private static void ApplyPort(V1ServicePort port)
    {
        port.Protocol = port.Protocol.Or(PortRules.DefaultProtocol);
        if (port.TargetPort?.Value is null or "" or "0")
            port.TargetPort = port.Port;
    }

    // The list replaces the older field for a single address. A client that gives one of them means both.
    private static void ApplyAddress(V1ServiceSpec spec)
    {
        if (spec.ClusterIPs.OrNone().Count == 0)
            spec.ClusterIPs = string.IsNullOrEmpty(spec.ClusterIP) ? null : [spec.ClusterIP];
        else if (string.IsNullOrEmpty(spec.ClusterIP))
            spec.ClusterIP = spec.ClusterIPs[0];
    }
}
