using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Kinds.Metrics;

/// <summary>What pods use, measured on request by their nodes.</summary>
/// <remarks>Columns as those of metrics-server.</remarks>
internal sealed class PodMetricsKind : ResourceDefinition<V1beta1PodMetrics>
{
    public override string Group => WellKnownResources.PodMetrics.Group;

    public override string Version => "v1beta1";

    public override string Kind => "PodMetrics";

    public override string Plural => WellKnownResources.PodMetrics.Plural;

    public override string Singular => "pod";

    public override bool IsStored => false;

    protected override IReadOnlyList<TableColumn<V1beta1PodMetrics>> TypedColumns =>
    [
        TableColumn<V1beta1PodMetrics>.Name,
        Amount(ResourceNames.Cpu),
        Amount(ResourceNames.Memory),
        TableColumn<V1beta1PodMetrics>.Of("Window", metrics => metrics.Window ?? "") with { Format = "duration" },
    ];

    private static TableColumn<V1beta1PodMetrics> Amount(string resource) => TableColumn<V1beta1PodMetrics>.Of(resource, metrics => TotalOf(metrics, resource)) with { Format = "quantity" };

    private static string TotalOf(V1beta1PodMetrics metrics, string resource)
    {
        var total = Quantity.Zero;
        foreach (var container in metrics.Containers ?? [])
        {
            if (container.Usage?.TryGetValue(resource, out var used) is true)
                total += Quantity.From(used);
        }

        return total.ToString();
    }
}
