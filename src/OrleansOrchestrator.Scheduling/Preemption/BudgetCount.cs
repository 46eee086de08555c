using k8s.Models;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Preemption;

/// <summary>Counts evictions that would violate a PodDisruptionBudget. A budget without a selector protects nothing here, as in
/// kube-scheduler.</summary>
internal sealed class BudgetCount(IReadOnlyCollection<V1PodDisruptionBudget> budgets)
{
    private readonly (V1PodDisruptionBudget Budget, LabelSelector Selector)[] _budgets =
        [.. budgets.Select(budget => (budget, LabelSelector.From(budget.Spec?.Selector))).Where(entry => !entry.Item2.IsEverything)];

    /// <summary>The pods whose eviction, in this order, exceeds what a budget allows.</summary>
    public HashSet<PodInfo> FindViolating(IEnumerable<PodInfo> victims)
    {
        var violating = new HashSet<PodInfo>();
        if (_budgets.Length == 0)
            return violating;
        var allowed = Array.ConvertAll(_budgets, entry => entry.Budget.Status?.DisruptionsAllowed ?? 0);
        foreach (var victim in victims)
        {
            for (var i = 0; i < _budgets.Length; i++)
            {
                var (budget, selector) = _budgets[i];
                // A pod without labels is in no budget, and one among the budget's disrupted pods was already counted.
                if (victim.Labels.Count > 0 && budget.Metadata.NamespaceProperty == victim.Namespace && selector.Matches(victim.Labels)
                    && budget.Status?.DisruptedPods?.ContainsKey(victim.Name) != true && --allowed[i] < 0)
                {
                    violating.Add(victim);
                }
            }
        }

        return violating;
    }
}
