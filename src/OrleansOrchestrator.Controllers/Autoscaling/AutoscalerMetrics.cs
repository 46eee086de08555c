using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>Which metrics an autoscaler asks for.</summary>
internal static class AutoscalerMetrics
{
    /// <summary>The queries for all metrics of an autoscaler; none as long as its target has no selector.</summary>
    public static IEnumerable<MetricQuery> Queries(KubeObject primary, IObjectView view)
    {
        if (primary is not V2HorizontalPodAutoscaler hpa || TargetScale.SelectorOf(TargetScale.Find(hpa, view)) is not { } pods)
            return [];
        var queries = new List<MetricQuery>();
        foreach (var spec in hpa.Spec.Metrics ?? [])
        {
            try
            {
                if (QueryOf(spec, hpa.Key.Namespace, pods) is { } query)
                    queries.Add(query);
            }
            catch (SelectorException)
            {
                // The autoscaler's status tells.
            }
        }

        return queries;
    }

    /// <summary>The query for a metric; null if its source is missing.</summary>
    /// <exception cref="SelectorException">The selector of the metric is none.</exception>
    public static MetricQuery? QueryOf(V2MetricSpec spec, string @namespace, LabelSelector pods) => spec switch
    {
        { Type: MetricTypes.Resource } or { Type: MetricTypes.ContainerResource } => new PodUsageQuery(@namespace, pods),
        { Type: MetricTypes.Pods, Pods.Metric: { } metric } => new PodsMetricQuery(@namespace, metric.Name, pods, SelectorOf(metric)),
        { Type: MetricTypes.Object, ObjectProperty: { Metric: { } metric, DescribedObject: { } described } } =>
            new ObjectMetricQuery(@namespace, metric.Name, OwnerReferences.GroupOf(described.ApiVersion), described.Kind, described.Name, SelectorOf(metric)),
        { Type: MetricTypes.External, External.Metric: { } metric } => new ExternalMetricQuery(@namespace, metric.Name, SelectorOf(metric)),
        _ => null,
    };

    // A metric without a selector means all of its series.
    private static LabelSelector SelectorOf(V2MetricIdentifier metric) => metric.Selector is { } selector ? LabelSelector.From(selector) : LabelSelector.Everything;
}

/// <summary>The types of metrics.</summary>
internal static class MetricTypes
{
    public const string Resource = "Resource";
    public const string ContainerResource = "ContainerResource";
    public const string Pods = "Pods";
    public const string Object = "Object";
    public const string External = "External";
}
