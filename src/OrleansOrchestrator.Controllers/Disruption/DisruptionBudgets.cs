using System.Globalization;
using k8s.Models;
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
    public static BudgetRefusal? Take(V1PodDisruptionBudget budget, string podName, DateTime now)
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
            SetExhausted(status, now);
        (status.DisruptedPods ??= new Dictionary<string, DateTime?>())[podName] = now;
        return null;
    }

    private static void SetExhausted(V1PodDisruptionBudgetStatus status, DateTime now)
    {
        const string type = "DisruptionAllowed";
        status.Conditions ??= [];
        var condition = status.Conditions.FirstOrDefault(known => known.Type == type);
        if (condition is null)
            status.Conditions.Add(condition = new V1Condition { Type = type, Message = "" });
        if (condition.Status != "False")
            condition.LastTransitionTime = now;
        (condition.Status, condition.Reason, condition.ObservedGeneration) = ("False", "InsufficientPods", status.ObservedGeneration);
    }
}

/// <summary>Why a budget allows no eviction.</summary>
/// <param name="Why">It in one sentence, for the sender.</param>
/// <param name="IsBehind">Whether it is only not known yet, so that asking again soon makes sense.</param>
public sealed record BudgetRefusal(string Why, bool IsBehind = false);
