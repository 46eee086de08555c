using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>The warnings about services.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/service/warnings.go.</remarks>
internal static class ServiceWarnings
{
    private const string TopologyHints = "service.kubernetes.io/topology-aware-hints";

    /// <summary>Adds the warnings about a service.</summary>
    public static void Add(V1Service service, List<string> warnings)
    {
        if (service.Metadata.Annotations?.ContainsKey(TopologyHints) is true)
            warnings.Add($"annotation {TopologyHints} is deprecated, please use service.kubernetes.io/topology-mode instead");
        if (service.Spec is not { } spec)
            return;
        var isHeadless = spec.Type == "ClusterIP" && ServiceFacts.IsHeadless(spec);
        if (!isHeadless)
            AddressWarnings.Add(spec.ClusterIPs, FieldPath.Spec.Child("clusterIPs"), warnings);
        if (isHeadless)
        {
            if (!string.IsNullOrEmpty(spec.LoadBalancerIP))
                warnings.Add("spec.loadBalancerIP is ignored for headless services");
            if (spec.ExternalIPs.OrNone().Count > 0)
                warnings.Add("spec.externalIPs is ignored for headless services");
            if (spec.SessionAffinity.Or("None") != "None")
                warnings.Add("spec.SessionAffinity is ignored for headless services");
        }

        AddressWarnings.Add(spec.ExternalIPs, FieldPath.Spec.Child("externalIPs"), warnings);
        if (!string.IsNullOrEmpty(spec.LoadBalancerIP))
            AddressWarnings.Add(spec.LoadBalancerIP, FieldPath.Spec.Child("loadBalancerIP"), warnings);
        for (var i = 0; i < spec.LoadBalancerSourceRanges.OrNone().Count; i++)
            AddressWarnings.AddRange(spec.LoadBalancerSourceRanges[i].Trim(), FieldPath.Spec.Child("loadBalancerSourceRanges").Index(i), warnings);
        if (spec.Type == "ExternalName" && spec.ExternalIPs.OrNone().Count > 0)
            warnings.Add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        if (spec.Type != "ExternalName" && !string.IsNullOrEmpty(spec.ExternalName))
            warnings.Add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }
}
