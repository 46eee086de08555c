using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>Says which traffic the selected pods may receive and send.</summary>
internal sealed class NetworkPolicyKind : ResourceDefinition<V1NetworkPolicy>
{
    public override string Group => "networking.k8s.io";

    public override string Kind => "NetworkPolicy";

    public override string Plural => "networkpolicies";

    public override bool IsActedOn => false;

    public override IReadOnlyList<string> ShortNames => ["netpol"];

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1NetworkPolicy>> TypedColumns =>
    [
        TableColumn<V1NetworkPolicy>.Name,
        TableColumn<V1NetworkPolicy>.Of("Pod-Selector", policy => SelectorCells.Of(policy.Spec?.PodSelector)),
        TableColumn<V1NetworkPolicy>.Age,
    ];

    protected override void ApplyDefaults(V1NetworkPolicy obj)
    {
        obj.Spec ??= new V1NetworkPolicySpec();
        obj.Spec.PodSelector ??= new V1LabelSelector();
        if (obj.Spec.PolicyTypes.OrNone().Count == 0)
            obj.Spec.PolicyTypes = obj.Spec.Egress.OrNone().Count == 0 ? ["Ingress"] : ["Ingress", "Egress"];
        var ports = obj.Spec.Ingress.OrNone().SelectMany(rule => rule.Ports.OrNone())
            .Concat(obj.Spec.Egress.OrNone().SelectMany(rule => rule.Ports.OrNone()));
        foreach (var port in ports)
            port.Protocol ??= PortRules.DefaultProtocol;
    }

    protected override void AddWarnings(V1NetworkPolicy policy, V1NetworkPolicy? current, List<string> warnings)
    {
        for (var i = 0; i < (policy.Spec?.Ingress).OrNone().Count; i++)
            AddWarnings(policy.Spec!.Ingress[i].FromProperty, FieldPath.Spec.Child("ingress").Index(i).Child("from"), warnings);
        for (var i = 0; i < (policy.Spec?.Egress).OrNone().Count; i++)
            AddWarnings(policy.Spec!.Egress[i].To, FieldPath.Spec.Child("egress").Index(i).Child("to"), warnings);
    }

    private static void AddWarnings(IList<V1NetworkPolicyPeer>? peers, FieldPath at, List<string> warnings)
    {
        for (var i = 0; i < peers.OrNone().Count; i++)
        {
            if (peers![i].IpBlock is not { } block)
                continue;
            AddressWarnings.AddRange(block.Cidr, at.Index(i).Child("ipBlock.cidr"), warnings);
            for (var j = 0; j < block.Except.OrNone().Count; j++)
                AddressWarnings.AddRange(block.Except[j], at.Index(i).Child("ipBlock.except").Index(j), warnings);
        }
    }

    protected override void Validate(V1NetworkPolicy obj, FieldErrors errors) =>
        NetworkPolicyValidation.Validate(obj.Spec, FieldPath.Spec, errors);
}
