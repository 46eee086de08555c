using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>The metrics column of <c>kubectl get hpa</c>: the current value and the target of each metric.</summary>
internal static class MetricCells
{
    private const int ShownMax = 2;
    private const string Unknown = "<unknown>";

    public static string Targets(V2HorizontalPodAutoscaler hpa)
    {
        var (specs, statuses) = ((hpa.Spec?.Metrics).OrNone(), (hpa.Status?.CurrentMetrics).OrNone());
        if (specs.Count == 0)
            return "<none>";
        var shown = string.Join(", ", specs.Take(ShownMax).Select((spec, i) => Cell(spec, i < statuses.Count ? statuses[i] : null)));
        return specs.Count <= ShownMax
            ? shown
            : string.Create(CultureInfo.InvariantCulture, $"{shown} + {specs.Count - ShownMax} more...");
    }

    private static string Cell(V2MetricSpec spec, V2MetricStatus? status) => spec.Type switch
    {
        "External" => Amount(spec.External?.Target, status?.External?.Current),
        "Object" => Amount(spec.ObjectProperty?.Target, status?.ObjectProperty?.Current),
        "Pods" => $"{Text(status?.Pods?.Current?.AverageValue)}/{Text(spec.Pods?.Target?.AverageValue)}",
        "Resource" => Usage(spec.Resource?.Name, spec.Resource?.Target, status?.Resource?.Current),
        "ContainerResource" => Usage(
            spec.ContainerResource?.Name, spec.ContainerResource?.Target, status?.ContainerResource?.Current),
        _ => "<unknown type>",
    };

    private static string Amount(V2MetricTarget? target, V2MetricValueStatus? current) => target?.AverageValue is not null
        ? $"{Text(current?.AverageValue)}/{Text(target.AverageValue)} (avg)"
        : $"{Text(current?.Value)}/{Text(target?.Value)}";

    private static string Usage(string? name, V2MetricTarget? target, V2MetricValueStatus? current) => target?.AverageValue is not null
        ? $"{name}: {Text(current?.AverageValue)}/{Text(target.AverageValue)}"
        : $"{name}: {Percent(current?.AverageUtilization, Unknown)}/{Percent(target?.AverageUtilization, "<auto>")}";

    private static string Text(ResourceQuantity? amount) => amount is null ? Unknown : Quantity.From(amount).ToString();

    private static string Percent(int? percent, string none) =>
        percent is null ? none : string.Create(CultureInfo.InvariantCulture, $"{percent}%");
}
