using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Disruption;

/// <summary>Decides whether a PodDisruptionBudget allows the eviction of one of its pods.</summary>
/// <remarks>The rules of k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go.</remarks>
public static class DisruptionBudgets
{
    /// <summary>The most evictions that the controller has not confirmed yet. Beyond this the controller is too far behind.</summary>
    private const int UnconfirmedMax = 2000;

    private const string AlwaysAllow = "AlwaysAllow";

    /// <summary>Whether a pod needs no budget: it has ended, is being deleted, or is pending.</summary>
    public static bool IsBeyond(V1Pod pod) =>
        !pod.IsActive || pod.Status?.Phase == PodPhase.Pending;

    /// <summary>Whether a pod that is not ready may be evicted without taking from the budget.</summary>
    public static bool AllowsUnready(V1PodDisruptionBudget budget, V1Pod pod) =>
        pod is { IsReady: false, Status.Phase: PodPhase.Running }
        && (budget.Spec?.UnhealthyPodEvictionPolicy == AlwaysAllow
            || (budget.Status is { DesiredHealthy: > 0 } status && status.CurrentHealthy >= status.DesiredHealthy));

    /// <summary>Takes one eviction from a budget and records it in the budget's status.</summary>
    /// <remarks>An eviction that the status records already takes nothing more: its first attempt ended before the pod was deleted, and
    /// the pod does not count as healthy. In Kubernetes such an attempt takes again, or is refused for two minutes.</remarks>
    /// <returns>Null if the budget allows the eviction; otherwise why not.</returns>
    public static BudgetRefusal? Take(V1PodDisruptionBudget budget, string podName, DateTimeOffset now)
    {
        var name = budget.Metadata.Name;
        var status = budget.Status;
        if (status is null || (status.ObservedGeneration ?? 0) < (budget.Metadata.Generation ?? 0))
            return new BudgetRefusal($"The disruption budget {name} is still being processed by the server.", IsBehind: true);
        var isTaken = status.DisruptedPods?.ContainsKey(podName) is true;
        if (!isTaken && status.DisruptionsAllowed <= 0)
        {
            return new BudgetRefusal(string.Create(
                CultureInfo.InvariantCulture,
                $"The disruption budget {name} needs {status.DesiredHealthy} healthy pods and has {status.CurrentHealthy} currently"));
        }

        if (status.DisruptedPods?.Count > UnconfirmedMax)
            return new BudgetRefusal("DisruptedPods map too big - too many evictions not confirmed by PDB controller", IsBehind: true);

        if (!isTaken)
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
/// <param name="Why">The reason in one sentence, for the client.</param>
/// <param name="IsBehind">Whether the budget is only not computed yet, so that the client should ask again soon.</param>
public sealed record BudgetRefusal(string Why, bool IsBehind = false);
