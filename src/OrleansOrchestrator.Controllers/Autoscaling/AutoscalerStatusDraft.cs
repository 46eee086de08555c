using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>The status of an autoscaler while a plan is made.</summary>
internal sealed class AutoscalerStatusDraft(V2HorizontalPodAutoscaler observed, DateTimeOffset now)
{
    private readonly V2HorizontalPodAutoscaler _wanted = ObjectCodec.Clone(observed);

    private V2HorizontalPodAutoscalerStatus Status => _wanted.Status ??= new V2HorizontalPodAutoscalerStatus();

    /// <summary>Sets a condition.</summary>
    public void Set(string type, bool holds, string reason, string message)
    {
        var conditions = Status.Conditions ??= [];
        var condition = conditions.FirstOrDefault(one => one.Type == type);
        if (condition is null)
            conditions.Add(condition = new V2HorizontalPodAutoscalerCondition { Type = type });
        var status = holds ? "True" : "False";
        if (condition.Status != status)
            condition.LastTransitionTime = now.UtcDateTime;
        (condition.Status, condition.Reason, condition.Message) = (status, reason, message);
    }

    /// <summary>Sets the replicas and the metrics.</summary>
    public void Set(int currentReplicas, int? desiredReplicas, IList<V2MetricStatus>? metrics)
    {
        Status.CurrentReplicas = currentReplicas;
        Status.DesiredReplicas = desiredReplicas ?? Status.DesiredReplicas;
        Status.CurrentMetrics = metrics is { Count: > 0 } ? metrics : null;
    }

    /// <summary>Notes that the target was scaled.</summary>
    public void Scaled() => Status.LastScaleTime = now.UtcDateTime;

    /// <summary>The write; null if nothing has changed.</summary>
    public PatchObject? Write() => PatchObject.OfStatus(WellKnownResources.HorizontalPodAutoscalers, observed, _wanted);
}
