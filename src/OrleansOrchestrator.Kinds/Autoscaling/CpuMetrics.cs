using k8s.Models;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>The metric of <c>autoscaling/v1</c>: the pods' CPU usage as a percentage of their requests.</summary>
internal static class CpuMetrics
{
    private const string Resource = "Resource";
    private const string Cpu = "cpu";
    private const string Utilization = "Utilization";

    public static V2MetricSpec Create(int utilizationPercent) => new()
    {
        Type = Resource,
        Resource = new V2ResourceMetricSource
        {
            Name = Cpu,
            Target = new V2MetricTarget { Type = Utilization, AverageUtilization = utilizationPercent },
        },
    };

    /// <summary>Whether a metric is exactly this one, so that its percentage says everything.</summary>
    public static bool IsSpec(V2MetricSpec metric) => metric is
    {
        Type: Resource,
        ContainerResource: null,
        External: null,
        ObjectProperty: null,
        Pods: null,
        Resource: { Name: Cpu, Target: { Type: Utilization, AverageUtilization: not null, AverageValue: null, Value: null } },
    };

    public static V2MetricStatus CreateStatus(int utilizationPercent) => new()
    {
        Type = Resource,
        Resource = new V2ResourceMetricStatus
        {
            Name = Cpu,
            Current = new V2MetricValueStatus { AverageUtilization = utilizationPercent },
        },
    };

    public static bool IsStatus(V2MetricStatus metric) =>
        metric is { Type: Resource, Resource: { Name: Cpu, Current.AverageUtilization: not null } };
}
