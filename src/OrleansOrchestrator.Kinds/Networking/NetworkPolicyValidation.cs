using System.Net;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>Validates network policies.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/networking/validation.</remarks>
internal static class NetworkPolicyValidation
{
    private static readonly string[] Protocols = ["TCP", "UDP", "SCTP"];
    private static readonly string[] PolicyTypes = ["Ingress", "Egress"];

    public static void Validate(V1NetworkPolicySpec spec, FieldPath path, FieldErrors errors)
    {
        LabelSelectorRules.Validate(spec.PodSelector, path.Child("podSelector"), errors);
        for (var i = 0; i < spec.Ingress.OrNone().Count; i++)
        {
            var at = path.Child("ingress").Index(i);
            ValidateRule(spec.Ingress[i].Ports.OrNone(), spec.Ingress[i].FromProperty.OrNone(), at, at.Child("from"), errors);
        }

        for (var i = 0; i < spec.Egress.OrNone().Count; i++)
        {
            var at = path.Child("egress").Index(i);
            ValidateRule(spec.Egress[i].Ports.OrNone(), spec.Egress[i].To.OrNone(), at, at.Child("to"), errors);
        }

        var types = spec.PolicyTypes.OrNone();
        if (types.Count > PolicyTypes.Length)
        {
            errors.Invalid(path.Child("policyTypes"), types, "may not specify more than two policyTypes");
            return;
        }

        for (var i = 0; i < types.Count; i++)
            ChoiceRules.ValidateRequired(types[i], PolicyTypes, path.Child("policyTypes").Index(i), errors);
    }

    private static void ValidateRule(
        IList<V1NetworkPolicyPort> ports, IList<V1NetworkPolicyPeer> peers, FieldPath path, FieldPath peersPath, FieldErrors errors)
    {
        for (var i = 0; i < ports.Count; i++)
            ValidatePort(ports[i], path.Child("ports").Index(i), errors);
        for (var i = 0; i < peers.Count; i++)
            ValidatePeer(peers[i], peersPath.Index(i), errors);
    }

    private static void ValidatePort(V1NetworkPolicyPort port, FieldPath path, FieldErrors errors)
    {
        if (port.Protocol is not null && !Protocols.Contains(port.Protocol))
            errors.NotSupported(path.Child("protocol"), port.Protocol, Protocols);
        var end = path.Child("endPort");
        if (port.Port is null)
        {
            if (port.EndPort is not null)
                errors.Invalid(end, port.EndPort, "may not be specified when `port` is not specified");
        }
        else if (int.TryParse(port.Port.Value, out var number))
        {
            PortRules.ValidateNumber(number, path.Child("port"), errors);
            if (port.EndPort < number)
                errors.Invalid(end, port.EndPort, "must be greater than or equal to `port`");
            if (port.EndPort is { } last)
                PortRules.ValidateNumber(last, end, errors);
        }
        else
        {
            if (port.EndPort is not null)
                errors.Invalid(end, port.EndPort, "may not be specified when `port` is non-numeric");
            errors.Invalid(path.Child("port"), port.Port.Value, NameRules.IsValidPortName(port.Port.Value));
        }
    }

    private static void ValidatePeer(V1NetworkPolicyPeer peer, FieldPath path, FieldErrors errors)
    {
        LabelSelectorRules.Validate(peer.PodSelector, path.Child("podSelector"), errors);
        LabelSelectorRules.Validate(peer.NamespaceSelector, path.Child("namespaceSelector"), errors);
        if (peer.IpBlock is not null)
            ValidateBlock(peer.IpBlock, path.Child("ipBlock"), errors);
        var selects = peer.PodSelector is not null || peer.NamespaceSelector is not null;
        if (!selects && peer.IpBlock is null)
            errors.Required(path, "must specify a peer");
        else if (selects && peer.IpBlock is not null)
            errors.Forbidden(path, "may not specify both ipBlock and another peer");
    }

    private static void ValidateBlock(V1IPBlock block, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(block.Cidr))
        {
            errors.Required(path.Child("cidr"));
            return;
        }

        var faults = NameRules.IsValidCidr(block.Cidr);
        errors.Invalid(path.Child("cidr"), block.Cidr, faults);
        for (var i = 0; faults.Count == 0 && i < block.Except.OrNone().Count; i++)
        {
            var (except, at) = (block.Except[i] ?? "", path.Child("except").Index(i));
            var exceptFaults = NameRules.IsValidCidr(except);
            errors.Invalid(at, except, exceptFaults);
            if (exceptFaults.Count == 0 && !IsStrictlyWithin(except, block.Cidr))
                errors.Invalid(at, except, "must be a strict subset of `cidr`");
        }
    }

    private static bool IsStrictlyWithin(string inner, string outer)
    {
        var (innerAddress, innerLength) = Split(inner);
        var (outerAddress, outerLength) = Split(outer);
        return innerAddress.AddressFamily == outerAddress.AddressFamily
            && innerLength > outerLength
            && Masked(innerAddress, outerLength).AsSpan().SequenceEqual(Masked(outerAddress, outerLength));
    }

    private static (IPAddress Address, int Length) Split(string cidr)
    {
        var slash = cidr.IndexOf('/', StringComparison.Ordinal);
        AddressSyntax.TryParse(cidr[..slash], out var address);
        return (address!, int.Parse(cidr.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture));
    }

    private static byte[] Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return bytes;
    }
}
