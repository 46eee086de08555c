using k8s.Models;
using OrleansOrchestrator.Kinds.Autoscaling;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>How fast a target may be scaled in one direction, with the defaults of the API.</summary>
/// <param name="rules">The rules of the autoscaler; null for the defaults.</param>
/// <param name="isUp">Whether they are for growing.</param>
/// <param name="defaultWindow">The default stabilization window.</param>
/// <remarks>See calculateScaleUpLimitWithScalingRules and its counterpart in k8s.io/kubernetes/pkg/controller/podautoscaler.</remarks>
internal sealed class ScalingRules(V2HPAScalingRules? rules, bool isUp, TimeSpan defaultWindow)
{
    private readonly IList<V2HPAScalingPolicy> _policies =
        rules?.Policies is { Count: > 0 } given ? given : isUp ? AutoscalerDefaults.PoliciesUp : AutoscalerDefaults.PoliciesDown;

    /// <summary>The stabilization window.</summary>
    public TimeSpan Window { get; } = rules?.StabilizationWindowSeconds is { } seconds ? Waits.Seconds(seconds) : defaultWindow;

    /// <summary>The longest period of a policy.</summary>
    public TimeSpan LongestPeriod => Waits.Seconds(_policies.Max(policy => policy.PeriodSeconds));

    /// <summary>The most replicas when the target grows, or the least when it shrinks.</summary>
    public int Limit(int current, ScalingHistory history, DateTimeOffset now)
    {
        if (rules?.SelectPolicy == "Disabled")
            return current;
        var limits = _policies.Select(policy => LimitOf(policy, history.ReplicasBefore(current, now, Waits.Seconds(policy.PeriodSeconds))));
        // The largest change, unless the smallest is asked for.
        var limit = isUp == (rules?.SelectPolicy == "Min") ? limits.Min() : limits.Max();
        // What was changed before counts, but nothing is undone.
        return (int)Math.Clamp(limit, isUp ? current : 0, isUp ? int.MaxValue : current);
    }

    private double LimitOf(V2HPAScalingPolicy policy, long before) => policy.Type == "Pods"
        ? before + (isUp ? (double)policy.Value : -policy.Value)
        // Rounded towards a change, so that a small target is not stuck.
        : isUp ? Math.Ceiling(before * (100.0 + policy.Value) / 100) : Math.Truncate(before * (100.0 - policy.Value) / 100);
}
