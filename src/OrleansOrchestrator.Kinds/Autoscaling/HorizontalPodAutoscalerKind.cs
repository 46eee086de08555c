using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>Scales a workload with its load.</summary>
internal sealed class HorizontalPodAutoscalerKind : ResourceDefinition<V2HorizontalPodAutoscaler>
{
    public override string Group => "autoscaling";

    public override string Version => "v2";

    public override string Kind => "HorizontalPodAutoscaler";

    public override string Plural => "horizontalpodautoscalers";

    public override IReadOnlyList<string> ShortNames => ["hpa"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    protected override IReadOnlyList<ServedVersion> OtherVersions => [new AutoscalerFirstVersion(this)];

    protected override IReadOnlyList<TableColumn<V2HorizontalPodAutoscaler>> TypedColumns =>
    [
        TableColumn<V2HorizontalPodAutoscaler>.Name,
        TableColumn<V2HorizontalPodAutoscaler>.Of("Reference", hpa => $"{hpa.Spec?.ScaleTargetRef?.Kind}/{hpa.Spec?.ScaleTargetRef?.Name}"),
        TableColumn<V2HorizontalPodAutoscaler>.Of("Targets", MetricCells.Targets),
        TableColumn<V2HorizontalPodAutoscaler>.Of("MinPods", hpa => hpa.Spec?.MinReplicas?.ToString(CultureInfo.InvariantCulture) ?? "<unset>"),
        TableColumn<V2HorizontalPodAutoscaler>.Of("MaxPods", hpa => hpa.Spec?.MaxReplicas ?? 0),
        TableColumn<V2HorizontalPodAutoscaler>.Of("Replicas", hpa => hpa.Status?.CurrentReplicas ?? 0),
        TableColumn<V2HorizontalPodAutoscaler>.Age,
    ];

    protected override void ApplyDefaults(V2HorizontalPodAutoscaler obj)
    {
        if (obj.Spec is { } spec)
            AutoscalerDefaults.Apply(spec);
    }

    protected override void PrepareForCreate(V2HorizontalPodAutoscaler obj) => obj.Status = new V2HorizontalPodAutoscalerStatus();

    protected override void Validate(V2HorizontalPodAutoscaler obj, FieldErrors errors) => AutoscalerValidation.Validate(obj.Spec, errors);

    protected override void ValidateStatusUpdate(
        V2HorizontalPodAutoscaler updated, V2HorizontalPodAutoscaler current, FieldErrors errors)
    {
        NumberRules.ValidateNotNegative(updated.Status?.CurrentReplicas, FieldPath.Status.Child("currentReplicas"), errors);
        NumberRules.ValidateNotNegative(updated.Status?.DesiredReplicas, FieldPath.Status.Child("desiredReplicas"), errors);
    }
}
