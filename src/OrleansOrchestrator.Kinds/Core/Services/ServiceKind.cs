using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>A stable name and address in front of the pods that a selector picks.</summary>
internal sealed class ServiceKind : ResourceDefinition<V1Service>
{
    public override string Kind => "Service";

    public override string Plural => "services";

    public override bool DeletionAnswersWithObject => true;

    public override IReadOnlyList<string> ShortNames => ["svc"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool AllowCreateOnUpdate => true;

    public override bool HasClaims => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } = [new("spec.clusterIP"), new("spec.type")];

    protected override IReadOnlyList<TableColumn<V1Service>> TypedColumns =>
    [
        TableColumn<V1Service>.Name,
        TableColumn<V1Service>.Of("Type", service => service.Spec?.Type ?? ""),
        TableColumn<V1Service>.Of("Cluster-IP", ServiceCells.ClusterIP),
        TableColumn<V1Service>.Of("External-IP", ServiceCells.ExternalIP),
        TableColumn<V1Service>.Of("Port(s)", ServiceCells.Ports),
        TableColumn<V1Service>.Age,
        TableColumn<V1Service>.Of("Selector", service => LabelSet.From(service.Spec?.Selector).ToString(), priority: 1),
    ];

    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsDns1035Label(name);

    protected override void ApplyDefaults(V1Service obj)
    {
        if (obj.Spec is { } spec)
            ServiceDefaults.Apply(spec);
    }

    protected override void PrepareForCreate(V1Service obj) =>
        obj.Status = new V1ServiceStatus { LoadBalancer = new V1LoadBalancerStatus() };

    protected override void PrepareForUpdate(V1Service updated, V1Service current)
    {
        if (updated.Spec is null || current.Spec is null)
            return;
        ServiceTransition.Apply(updated.Spec, current.Spec);
        if (current.Spec.Type == "LoadBalancer" && updated.Spec.Type != "LoadBalancer")
            updated.Status = new V1ServiceStatus { LoadBalancer = new V1LoadBalancerStatus(), Conditions = current.Status?.Conditions };
    }

    protected override void AddWarnings(V1Service service, V1Service? current, List<string> warnings) =>
        ServiceWarnings.Add(service, warnings);

    protected override void Validate(V1Service obj, FieldErrors errors) => ServiceValidation.Validate(obj.Spec, errors);

    protected override void ValidateUpdate(V1Service updated, V1Service current, FieldErrors errors)
    {
        if (updated.Spec is not null && current.Spec is not null)
            ServiceUpdateValidation.Validate(updated.Spec, current.Spec, errors);
        Validate(updated, errors);
    }

    protected override IReadOnlyList<string> Claims(V1Service obj)
    {
        if (obj.Spec is not { } spec || spec.Type == "ExternalName")
            return [];
        // Addresses are compared by value. A node port is taken for all protocols, but ports of one service may share it.
        var claims = new List<string>();
        foreach (var address in spec.ClusterIPs.OrNone())
        {
            if (address != ServiceFacts.NoAddress)
                claims.Add(ServiceClaims.Address(address));
        }

        foreach (var port in spec.Ports.OrNone().Select(port => port.NodePort ?? 0).Append(spec.HealthCheckNodePort ?? 0).Distinct())
        {
            if (port != 0)
                claims.Add(ServiceClaims.NodePort(port));
        }

        return claims;
    }
}
