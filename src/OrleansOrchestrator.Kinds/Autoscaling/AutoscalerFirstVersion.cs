using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>
/// Converts autoscalers from and to <c>autoscaling/v1</c>, whose only metric is a target for CPU utilization. Annotations hold
/// everything else, as in Kubernetes.
/// </summary>
internal sealed class AutoscalerFirstVersion(ResourceDefinition definition)
    : ConvertedVersion<V2HorizontalPodAutoscaler, V1HorizontalPodAutoscaler>(definition)
{
    private const string Metrics = "autoscaling.alpha.kubernetes.io/metrics";
    private const string Behavior = "autoscaling.alpha.kubernetes.io/behavior";
    private const string CurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics";
    private const string Conditions = "autoscaling.alpha.kubernetes.io/conditions";

    // The older version does not say where its one metric is among the others. It comes first unless this annotation gives its index.
    private const string CpuIndex = "autoscaling.orleansorchestrator.io/cpu-metric-index";

    public override string Version => "v1";

    protected override V1HorizontalPodAutoscaler FromStorage(V2HorizontalPodAutoscaler obj)
    {
        var metrics = (obj.Spec?.Metrics).OrNone();
        var cpu = metrics.FirstOrDefault(CpuMetrics.IsSpec);
        Annotate(obj.Metadata, Metrics, MetricsToFirst(metrics.Where(metric => !ReferenceEquals(metric, cpu)), isStatus: false));
        if (cpu is not null && metrics.IndexOf(cpu) is > 0 and var index)
            Annotate(obj.Metadata, CpuIndex, index.ToString(CultureInfo.InvariantCulture));
        if (obj.Spec?.Behavior is { } behavior)
            Annotate(obj.Metadata, Behavior, JsonSerializer.Serialize(behavior, ObjectCodec.Options));
        Annotate(obj.Metadata, CurrentMetrics, MetricsToFirst((obj.Status?.CurrentMetrics).OrNone(), isStatus: true));
        if (obj.Status?.Conditions is { Count: > 0 } conditions)
            Annotate(obj.Metadata, Conditions, JsonSerializer.Serialize(conditions, ObjectCodec.Options));

        return new V1HorizontalPodAutoscaler
        {
            Metadata = obj.Metadata,
            Spec = obj.Spec is not { } spec ? null : new V1HorizontalPodAutoscalerSpec
            {
                MaxReplicas = spec.MaxReplicas,
                MinReplicas = spec.MinReplicas,
                ScaleTargetRef = spec.ScaleTargetRef is { } target
                    ? new V1CrossVersionObjectReference { ApiVersion = target.ApiVersion, Kind = target.Kind, Name = target.Name }
                    : null,
                TargetCPUUtilizationPercentage = cpu?.Resource.Target.AverageUtilization,
            },
            Status = obj.Status is not { } status ? null : new V1HorizontalPodAutoscalerStatus
            {
                CurrentReplicas = status.CurrentReplicas ?? 0,
                DesiredReplicas = status.DesiredReplicas,
                LastScaleTime = status.LastScaleTime,
                ObservedGeneration = status.ObservedGeneration,
                CurrentCPUUtilizationPercentage =
                    status.CurrentMetrics.OrNone().FirstOrDefault(CpuMetrics.IsStatus)?.Resource.Current.AverageUtilization,
            },
        };
    }

    protected override V2HorizontalPodAutoscaler ToStorage(V1HorizontalPodAutoscaler obj)
    {
        var annotations = obj.Metadata?.Annotations;
        var metrics = MetricsFromFirst<V2MetricSpec>(Take(annotations, Metrics), isStatus: false);
        var index = int.TryParse(Take(annotations, CpuIndex), NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : 0;
        if (obj.Spec?.TargetCPUUtilizationPercentage is { } percent)
            metrics.Insert(Math.Min(index, metrics.Count), CpuMetrics.Create(percent));
        var behavior = Take(annotations, Behavior);
        var conditions = Take(annotations, Conditions);
        var current = MetricsFromFirst<V2MetricStatus>(Take(annotations, CurrentMetrics), isStatus: true);
        if (current.Count == 0 && obj.Status?.CurrentCPUUtilizationPercentage is { } used)
            current.Add(CpuMetrics.CreateStatus(used));
        if (annotations is { Count: 0 })
            obj.Metadata!.Annotations = null;

        return new V2HorizontalPodAutoscaler
        {
            Metadata = obj.Metadata,
            Spec = obj.Spec is not { } spec ? null : new V2HorizontalPodAutoscalerSpec
            {
                Behavior = behavior is null ? null : Read<V2HorizontalPodAutoscalerBehavior>(behavior),
                MaxReplicas = spec.MaxReplicas,
                Metrics = metrics.Count > 0 ? metrics : null,
                MinReplicas = spec.MinReplicas,
                ScaleTargetRef = spec.ScaleTargetRef is { } target
                    ? new V2CrossVersionObjectReference { ApiVersion = target.ApiVersion, Kind = target.Kind, Name = target.Name }
                    : null,
            },
            Status = obj.Status is not { } status ? null : new V2HorizontalPodAutoscalerStatus
            {
                Conditions = conditions is null ? null : Read<List<V2HorizontalPodAutoscalerCondition>>(conditions),
                CurrentMetrics = current.Count > 0 ? current : null,
                // The older version does not distinguish zero from an absent value.
                CurrentReplicas = status.CurrentReplicas == 0 ? null : status.CurrentReplicas,
                DesiredReplicas = status.DesiredReplicas,
                LastScaleTime = status.LastScaleTime,
                ObservedGeneration = status.ObservedGeneration,
            },
        };
    }

    private static void Annotate(V1ObjectMeta metadata, string name, string? text)
    {
        if (text is null)
            return;
        metadata.Annotations ??= new Dictionary<string, string>();
        metadata.Annotations[name] = text;
    }

    private static string? Take(IDictionary<string, string>? annotations, string name) =>
        annotations is not null && annotations.Remove(name, out var text) ? text : null;

    private static string? MetricsToFirst<T>(IEnumerable<T> metrics, bool isStatus)
    {
        var present = JsonSerializer.SerializeToNode(metrics, ObjectCodec.Options)!.AsArray();
        return present.Count == 0 ? null : MetricNames.ToFirst(present, isStatus).ToJsonString(ObjectCodec.Options);
    }

    private static List<T> MetricsFromFirst<T>(string? text, bool isStatus)
    {
        if (text is null)
            return [];
        return JsonNode.Parse(text) is JsonArray metrics
            ? MetricNames.FromFirst(metrics, isStatus).Deserialize<List<T>>(ObjectCodec.Options)!
            : throw new JsonException("the annotation of metrics is not a list");
    }

    private static T Read<T>(string json) => ObjectCodec.Decode<T>(System.Text.Encoding.UTF8.GetBytes(json));
}
