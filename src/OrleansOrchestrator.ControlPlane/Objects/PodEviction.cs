using k8s.Models;
using OrleansOrchestrator.Controllers.Disruption;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>Deletes pods if their disruption budgets allow it. It takes one disruption from the budget before it deletes the pod.</summary>
internal sealed class PodEviction(Informers informers, ResourceRegistry registry, TimeProvider time)
{
    // Far more conflicts in a row than writers of one budget cause; then the client is told to retry.
    private const int RacesMax = 20;
    // Kubernetes' Retry-After while the disruption controller has not seen the newest budget.
    private const int AskAgainSeconds = 10;

    private readonly ResourceDefinition _pods = registry[WellKnownResources.Pods];

    // The budgets of each namespace. A selector is parsed once per version of a budget.
    private readonly ObjectIndex<string, Budget> _budgets = informers.Index<string, Budget>(registry[WellKnownResources.PodDisruptionBudgets], EntriesOf);

    /// <summary>Evicts a pod. The eviction is already admitted.</summary>
    /// <exception cref="ApiException">404: there is no such pod; 409: the preconditions name another pod; 429: its budget does not
    /// allow it now; 500: it has more than one budget.</exception>
    public async Task EvictAsync(
        ObjectClient objects, ObjectKey key, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken)
    {
        for (var race = 0; race < RacesMax; race++)
        {
            var pod = await objects.GetAsync(_pods, key, Freshness.Latest, cancellationToken);
            var isBeyond = DisruptionBudgets.IsBeyond(pod.SharedModel<V1Pod>());
            var budget = isBeyond ? null : await FindBudgetAsync(pod, cancellationToken);
            if (isBeyond || (budget is not null && DisruptionBudgets.AllowsUnready(budget.SharedModel<V1PodDisruptionBudget>(), pod.SharedModel<V1Pod>())))
            {
                if (await TryDeleteUnchangedAsync(objects, pod, deletion, options, cancellationToken))
                    return;
            }
            else if (budget is null || await TryTakeAsync(objects, budget, key.Name, options, cancellationToken))
            {
                await objects.DeleteEvictedAsync(new ObjectReference(_pods, key), deletion, options, cancellationToken);
                return;
            }
        }

        throw ApiErrors.Timeout($"couldn't update the PodDisruptionBudget of pod \"{key.Name}\" due to conflicts");
    }

    private async Task<StoredObject?> FindBudgetAsync(StoredObject pod, CancellationToken cancellationToken)
    {
        await _budgets.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        var own = _budgets.Find(pod.Key.Namespace).Where(budget => budget.Selector.Matches(pod.Labels)).Select(budget => budget.Stored).ToList();
        return own.Count <= 1
            ? own.FirstOrDefault()
            : throw ApiErrors.Internal("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
    }

    /// <summary>Deletes a pod only if it has not changed since its state allowed the deletion.</summary>
    private async Task<bool> TryDeleteUnchangedAsync(
        ObjectClient objects, StoredObject pod, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken)
    {
        var isPinned = deletion.ResourceVersion is not null;
        var unchanged = isPinned ? deletion : deletion with { ResourceVersion = pod.SharedModel().Metadata.ResourceVersion };
        try
        {
            await objects.DeleteEvictedAsync(new ObjectReference(_pods, pod.Key), unchanged, options, cancellationToken);
            return true;
        }
        catch (ApiException conflict) when (conflict.Code == 409 && !isPinned && (deletion.Uid is null || deletion.Uid == pod.Uid))
        {
            return false;
        }
    }

    private async Task<bool> TryTakeAsync(
        ObjectClient objects, StoredObject stored, string podName, WriteOptions options, CancellationToken cancellationToken)
    {
        var budget = (V1PodDisruptionBudget)stored.Decode();
        if (DisruptionBudgets.Take(budget, podName, time.GetUtcNow()) is { } refusal)
            throw ApiErrors.DisruptionBudget(refusal.Why, refusal.IsBehind ? AskAgainSeconds : null);
        try
        {
            await objects.UpdateAsync(
                new ObjectReference(stored.Definition, stored.Key, "status"), budget, WriteOptions.ControlPlane with { DryRun = options.DryRun }, cancellationToken);
            return true;
        }
        catch (ApiException lost) when (lost.Code is 409 or 404)
        {
            return false;
        }
    }

    private static IEnumerable<KeyValuePair<string, Budget>> EntriesOf(StoredObject stored) =>
        stored.SharedModel<V1PodDisruptionBudget>().Spec?.Selector is { } selector
            ? [KeyValuePair.Create(stored.Key.Namespace, new Budget(stored, LabelSelector.From(selector)))]
            : [];

    private sealed record Budget(StoredObject Stored, LabelSelector Selector);
}
