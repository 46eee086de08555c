using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Kinds.Metrics;

/// <summary>What nodes use, measured on request by the nodes themselves.</summary>
/// <remarks>Columns as those of metrics-server.</remarks>
internal sealed class NodeMetricsKind : ResourceDefinition<V1beta1NodeMetrics>
{
    public override string Group => WellKnownResources.NodeMetrics.Group;

    public override string Version => "v1beta1";

    public override string Kind => "NodeMetrics";

    public override string Plural => WellKnownResources.NodeMetrics.Plural;

    public override string Singular => "node";

    public override bool Namespaced => false;

    public override bool IsStored => false;

    protected override IReadOnlyList<TableColumn<V1beta1NodeMetrics>> TypedColumns =>
    [
        TableColumn<V1beta1NodeMetrics>.Name,
        Amount(ResourceNames.Cpu),
        Amount(ResourceNames.Memory),
        TableColumn<V1beta1NodeMetrics>.Of("Window", metrics => metrics.Window ?? "") with { Format = "duration" },
    ];

    private static TableColumn<V1beta1NodeMetrics> Amount(string resource) => TableColumn<V1beta1NodeMetrics>.Of(
        resource, metrics => metrics.Usage?.TryGetValue(resource, out var used) is true ? Quantity.From(used).ToString() : "0") with
    { Format = "quantity" };
}
