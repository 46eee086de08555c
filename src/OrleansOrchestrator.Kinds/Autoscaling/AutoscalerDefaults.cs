using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>The defaults of autoscalers.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/autoscaling/v2/defaults.go.</remarks>
public static class AutoscalerDefaults
{
    private const int CpuUtilizationPercent = 80;
    private const int PolicyPeriodSeconds = 15;
    private const int PodsUp = 4;
    private const int PercentUp = 100;
    private const int PercentDown = 100;

    /// <summary>The policies by which a target grows.</summary>
    public static IList<V2HPAScalingPolicy> PoliciesUp => [Policy("Pods", PodsUp), Policy("Percent", PercentUp)];

    /// <summary>The policies by which a target shrinks.</summary>
    public static IList<V2HPAScalingPolicy> PoliciesDown => [Policy("Percent", PercentDown)];

    internal static void Apply(V2HorizontalPodAutoscalerSpec spec)
    {
        spec.MinReplicas ??= 1;
        if (spec.Metrics.OrNone().Count == 0)
            spec.Metrics = [CpuMetrics.Create(CpuUtilizationPercent)];
        if (spec.Behavior is not { } behavior)
            return;
        behavior.ScaleUp ??= new V2HPAScalingRules();
        behavior.ScaleUp.StabilizationWindowSeconds ??= 0;
        ApplyRules(behavior.ScaleUp, PoliciesUp);
        behavior.ScaleDown ??= new V2HPAScalingRules();
        ApplyRules(behavior.ScaleDown, PoliciesDown);
    }

    private static void ApplyRules(V2HPAScalingRules rules, IList<V2HPAScalingPolicy> policies)
    {
        rules.SelectPolicy ??= "Max";
        rules.Policies ??= policies;
    }

    private static V2HPAScalingPolicy Policy(string type, int value) =>
        new() { Type = type, Value = value, PeriodSeconds = PolicyPeriodSeconds };
}
