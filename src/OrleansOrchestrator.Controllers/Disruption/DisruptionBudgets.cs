using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Disruption;

/// <summary>What a disruption budget says of the eviction of one of its pods.</summary>
/// <remarks>The rules of k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go.</remarks>
public static class DisruptionBudgets
{
    /// <summary>The most evictions that nobody has confirmed yet; whoever computes the budget is then too far behind.</summary>
    private const int UnconfirmedMax = 2000;

    private const string AlwaysAllow = "AlwaysAllow";

    /// <summary>Whether a pod serves nobody any more, or not yet, so that no budget is asked.</summary>
    public static bool IsBeyond(V1Pod pod) =>
        !pod.IsActive || pod.Status?.Phase == PodPhase.Pending;

    /// <summary>Whether a pod that is not ready may go without anything being taken from its budget.</summary>
    public static bool AllowsUnready(V1PodDisruptionBudget budget, V1Pod pod) =>
        pod is { IsReady: false, Status.Phase: PodPhase.Running }
        && (budget.Spec?.UnhealthyPodEvictionPolicy == AlwaysAllow
            || (budget.Status is { DesiredHealthy: > 0 } status && status.CurrentHealthy >= status.DesiredHealthy));

    /// <summary>Takes one eviction from a budget.</summary>
    /// <returns>Null if it is taken, and the status says so; otherwise why it cannot be.</returns>
    public static BudgetRefusal? Take(V1PodDisruptionBudget budget, string podName, DateTimeOffset now)
    {
        var name = budget.Metadata.Name;
        var status = budget.Status;
        if (status is null || (status.ObservedGeneration ?? 0) < (budget.Metadata.Generation ?? 0))
            return new BudgetRefusal($"The disruption budget {name} is still being processed by the server.", IsBehind: true);
        if (status.DisruptionsAllowed <= 0)
        {
            return new BudgetRefusal(string.Create(
                CultureInfo.InvariantCulture,
                $"The disruption budget {name} needs {status.DesiredHealthy} healthy pods and has {status.CurrentHealthy} currently"));
        }

        if (status.DisruptedPods?.Count > UnconfirmedMax)
            return new BudgetRefusal("DisruptedPods map too big - too many evictions not confirmed by PDB controller", IsBehind: true);

        status.DisruptionsAllowed--;
        if (status.DisruptionsAllowed == 0)
            SetAllowedCondition(status, now);
        (status.DisruptedPods ??= new Dictionary<string, DateTime?>())[podName] = ObjectMetaRules.TruncateToSeconds(now);
        return null;
    }

    /// <summary>Sets the condition that says whether any eviction is allowed.</summary>
    internal static void SetAllowedCondition(V1PodDisruptionBudgetStatus status, DateTimeOffset now)
    {
        var isAllowed = status.DisruptionsAllowed > 0;
        SetCondition(status, isAllowed ? "True" : "False", isAllowed ? "SufficientPods" : "InsufficientPods", "", now);
    }

    internal static void SetCondition(V1PodDisruptionBudgetStatus status, string value, string reason, string message, DateTimeOffset now)
    {
        const string type = "DisruptionAllowed";
        status.Conditions ??= [];
        var condition = status.Conditions.FirstOrDefault(known => known.Type == type);
        if (condition is null)
            status.Conditions.Add(condition = new V1Condition { Type = type });
        if (condition.Status != value)
            condition.LastTransitionTime = ObjectMetaRules.TruncateToSeconds(now);
        (condition.Status, condition.Reason, condition.Message, condition.ObservedGeneration) = (value, reason, message, status.ObservedGeneration);
    }
}

/// <summary>Why a budget allows no eviction.</summary>
/// <param name="Why">It in one sentence, for the sender.</param>
/// <param name="IsBehind">Whether it is only not known yet, so that asking again soon makes sense.</param>
public sealed record BudgetRefusal(string Why, bool IsBehind = false);
