using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>Rules by which HTTP requests from outside reach services.</summary>
internal sealed class IngressKind : ResourceDefinition<V1Ingress>
{
    private const int HostsShownMax = 3;

    public override string Group => "networking.k8s.io";

    public override string Kind => "Ingress";

    public override string Plural => "ingresses";

    public override IReadOnlyList<string> ShortNames => ["ing"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1Ingress>> TypedColumns =>
    [
        TableColumn<V1Ingress>.Name,
        TableColumn<V1Ingress>.Of("Class", ingress => ingress.Spec?.IngressClassName ?? "<none>"),
        TableColumn<V1Ingress>.Of("Hosts", HostsOf),
        TableColumn<V1Ingress>.Of("Address", AddressesOf),
        TableColumn<V1Ingress>.Of("Ports", ingress => (ingress.Spec?.Tls).OrNone().Count > 0 ? "80, 443" : "80"),
        TableColumn<V1Ingress>.Age,
    ];

    protected override void PrepareForCreate(V1Ingress obj) =>
        obj.Status = new V1IngressStatus { LoadBalancer = new V1IngressLoadBalancerStatus() };

    protected override void AddWarnings(V1Ingress ingress, V1Ingress? current, List<string> warnings)
    {
        if (ingress.Metadata.Annotations?.ContainsKey(IngressClasses.ClassAnnotation) is true)
            warnings.Add($"annotation \"{IngressClasses.ClassAnnotation}\" is deprecated, please use 'spec.ingressClassName' instead");
    }

    protected override void Validate(V1Ingress obj, FieldErrors errors)
    {
        IngressValidation.Validate(obj.Spec, FieldPath.Spec, errors);
        if (obj.Spec?.IngressClassName is { } name
            && (obj.Metadata.Annotations).OrNone().TryGetValue(IngressClasses.ClassAnnotation, out var annotated) && annotated != name)
        {
            errors.Invalid(FieldPath.Root("annotations").Child(IngressClasses.ClassAnnotation), annotated, "must match `ingressClassName` when both are specified");
        }
    }

    protected override void ValidateUpdate(V1Ingress updated, V1Ingress current, FieldErrors errors) =>
        IngressValidation.Validate(updated.Spec, FieldPath.Spec, errors);

    protected override void ValidateStatusUpdate(V1Ingress updated, V1Ingress current, FieldErrors errors) =>
        IngressValidation.ValidateStatus(updated.Status?.LoadBalancer, FieldPath.Status.Child("loadBalancer"), errors);

    private static string HostsOf(V1Ingress ingress)
    {
        var rules = (ingress.Spec?.Rules).OrNone();
        var shown = new List<string>();
        var isMore = false;
        foreach (var rule in rules)
        {
            // Like kubectl, hides all rules after the last host shown, with or without a host.
            isMore = shown.Count == HostsShownMax;
            if (!isMore && !string.IsNullOrEmpty(rule.Host))
                shown.Add(rule.Host);
        }

        var text = string.Join(',', shown).Or("*");
        return isMore ? $"{text} + {rules.Count - HostsShownMax} more..." : text;
    }

    private static string AddressesOf(V1Ingress ingress) => string.Join(',', (ingress.Status?.LoadBalancer?.Ingress).OrNone()
        .Select(point => string.IsNullOrEmpty(point.Ip) ? point.Hostname : point.Ip)
        .Where(address => !string.IsNullOrEmpty(address))
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal));
}
