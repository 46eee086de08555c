using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>The health of a part of the control plane, computed at the time of the request.</summary>
internal sealed class ComponentStatusKind : ResourceDefinition<V1ComponentStatus>
{
    private const string Healthy = "Healthy";

    public override string Kind => "ComponentStatus";

    public override string Plural => "componentstatuses";

    public override IReadOnlyList<string> ShortNames => ["cs"];

    public override bool Namespaced => false;

    public override bool IsStored => false;

    public override string? DeprecationWarning => "v1 ComponentStatus is deprecated in v1.19+";

    protected override IReadOnlyList<TableColumn<V1ComponentStatus>> TypedColumns =>
    [
        TableColumn<V1ComponentStatus>.Name,
        TableColumn<V1ComponentStatus>.Of("Status", obj => HealthOf(obj)?.Status switch
        {
            null => "Unknown",
            "True" => Healthy,
            _ => "Unhealthy",
        }),
        TableColumn<V1ComponentStatus>.Of("Message", obj => HealthOf(obj)?.Message ?? ""),
        TableColumn<V1ComponentStatus>.Of("Error", obj => HealthOf(obj)?.Error ?? ""),
    ];

    private static V1ComponentCondition? HealthOf(V1ComponentStatus obj) =>
        obj.Conditions?.FirstOrDefault(condition => condition.Type == Healthy);
}
