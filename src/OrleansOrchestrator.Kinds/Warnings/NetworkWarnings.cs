using System.Globalization;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Warnings;

/// <summary>The warnings about services, their endpoints and network policies, and about addresses that not every program reads alike.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/service/warnings.go and k8s.io/apimachinery/pkg/util/validation/ip.go.</remarks>
internal static class NetworkWarnings
{
    private const string TopologyHints = "service.kubernetes.io/topology-aware-hints";

    /// <summary>Adds the warnings about a service.</summary>
    public static void AddService(V1Service service, List<string> warnings)
    {
        if (service.Metadata.Annotations?.ContainsKey(TopologyHints) is true)
            warnings.Add($"annotation {TopologyHints} is deprecated, please use service.kubernetes.io/topology-mode instead");
        if (service.Spec is not { } spec)
            return;
        var isHeadless = spec.Type == "ClusterIP" && ServiceFacts.IsHeadless(spec);
        if (!isHeadless)
            AddAddresses(spec.ClusterIPs, FieldPath.Spec.Child("clusterIPs"), warnings);
        if (isHeadless)
        {
            if (!string.IsNullOrEmpty(spec.LoadBalancerIP))
                warnings.Add("spec.loadBalancerIP is ignored for headless services");
            if (spec.ExternalIPs.OrNone().Count > 0)
                warnings.Add("spec.externalIPs is ignored for headless services");
            if (spec.SessionAffinity.Or("None") != "None")
                warnings.Add("spec.SessionAffinity is ignored for headless services");
        }

        AddAddresses(spec.ExternalIPs, FieldPath.Spec.Child("externalIPs"), warnings);
        if (!string.IsNullOrEmpty(spec.LoadBalancerIP))
            AddAddress(spec.LoadBalancerIP, FieldPath.Spec.Child("loadBalancerIP"), warnings);
        for (var i = 0; i < spec.LoadBalancerSourceRanges.OrNone().Count; i++)
            AddRange(spec.LoadBalancerSourceRanges[i].Trim(), FieldPath.Spec.Child("loadBalancerSourceRanges").Index(i), warnings);
        if (spec.Type == "ExternalName" && spec.ExternalIPs.OrNone().Count > 0)
            warnings.Add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        if (spec.Type != "ExternalName" && !string.IsNullOrEmpty(spec.ExternalName))
            warnings.Add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }

    /// <summary>Adds the warnings about endpoints.</summary>
    public static void AddEndpoints(V1Endpoints endpoints, List<string> warnings)
    {
        for (var i = 0; i < endpoints.Subsets.OrNone().Count; i++)
        {
            var (subset, at) = (endpoints.Subsets[i], FieldPath.Root("subsets").Index(i));
            for (var j = 0; j < subset.Addresses.OrNone().Count; j++)
                AddAddress(subset.Addresses[j].Ip, at.Child("addresses").Index(j).Child("ip"), warnings);
            for (var j = 0; j < subset.NotReadyAddresses.OrNone().Count; j++)
                AddAddress(subset.NotReadyAddresses[j].Ip, at.Child("notReadyAddresses").Index(j).Child("ip"), warnings);
        }
    }

    /// <summary>Adds the warnings about a slice of endpoints.</summary>
    public static void AddSlice(V1EndpointSlice slice, List<string> warnings)
    {
        if (slice.AddressType == "FQDN")
        {
            warnings.Add("spec.addressType: FQDN endpoints are deprecated");
            return;
        }

        for (var i = 0; i < slice.Endpoints.OrNone().Count; i++)
            AddAddresses(slice.Endpoints[i].Addresses, FieldPath.Root("endpoints").Index(i).Child("addresses"), warnings);
    }

    /// <summary>Adds the warnings about a network policy.</summary>
    public static void AddPolicy(V1NetworkPolicy policy, List<string> warnings)
    {
        for (var i = 0; i < (policy.Spec?.Ingress).OrNone().Count; i++)
            AddPeers(policy.Spec!.Ingress[i].FromProperty, FieldPath.Spec.Child("ingress").Index(i).Child("from"), warnings);
        for (var i = 0; i < (policy.Spec?.Egress).OrNone().Count; i++)
            AddPeers(policy.Spec!.Egress[i].To, FieldPath.Spec.Child("egress").Index(i).Child("to"), warnings);
    }

    private static void AddPeers(IList<V1NetworkPolicyPeer>? peers, FieldPath at, List<string> warnings)
    {
        for (var i = 0; i < peers.OrNone().Count; i++)
        {
            if (peers![i].IpBlock is not { } block)
                continue;
            AddRange(block.Cidr, at.Index(i).Child("ipBlock.cidr"), warnings);
            for (var j = 0; j < block.Except.OrNone().Count; j++)
                AddRange(block.Except[j], at.Index(i).Child("ipBlock.except").Index(j), warnings);
        }
    }

    private static void AddAddresses(IList<string>? addresses, FieldPath at, List<string> warnings)
    {
        for (var i = 0; i < addresses.OrNone().Count; i++)
            AddAddress(addresses![i], at.Index(i), warnings);
    }

    private static void AddAddress(string? text, FieldPath at, List<string> warnings)
    {
        if (text is null || !AddressSyntax.TryParse(text, out var address) || address.ToString() == text)
            return;
        warnings.Add(address.AddressFamily == AddressFamily.InterNetwork
            ? $"{at}: non-standard IP address \"{text}\" will be considered invalid in a future Kubernetes release: use \"{address}\""
            : $"{at}: IPv6 address \"{text}\" should be in RFC 5952 canonical format (\"{address}\")");
    }

    private static void AddRange(string? text, FieldPath at, List<string> warnings)
    {
        if (text is null || !AddressSyntax.IsCidr(text))
            return;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        AddressSyntax.TryParse(text[..slash], out var address);
        var isMapped = address!.AddressFamily == AddressFamily.InterNetwork && text.Contains(':', StringComparison.Ordinal);
        var bits = int.Parse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture) - (isMapped ? 96 : 0);
        if (bits < 0)
            return;
        var network = new IPNetwork(Masked(address, bits), bits);
        var before = warnings.Count;
        if (!network.BaseAddress.Equals(address))
            warnings.Add($"{at}: CIDR value \"{text}\" is ambiguous in this context (should be \"{network}\" or \"{address}/{address.GetAddressBytes().Length * 8}\"?)");
        if (address.AddressFamily == AddressFamily.InterNetwork && (isMapped || address.ToString() != text[..slash]))
            warnings.Add($"{at}: non-standard CIDR value \"{text}\" will be considered invalid in a future Kubernetes release: use \"{network}\"");
        if (warnings.Count == before && address.AddressFamily == AddressFamily.InterNetworkV6 && network.ToString() != text)
            warnings.Add($"{at}: IPv6 CIDR value \"{text}\" should be in RFC 5952 canonical format (\"{network}\")");
    }

    private static IPAddress Masked(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)~(0xFF >> Math.Clamp(bits - (8 * i), 0, 8));
        return new IPAddress(bytes);
    }
}
