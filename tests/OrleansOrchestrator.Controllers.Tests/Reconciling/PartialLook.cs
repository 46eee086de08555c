using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>Observes a primary by part, as the control plane does: with the last plan's summary and the parts that have changed since.</summary>
internal sealed class PartialLook(ClusterModel cluster, IReconciler reconciler, ObjectKey key)
{
    private IReadOnlyDictionary<(string, ObjectKey), KubeObject> _seen = cluster.Snapshot();
    private PlanSummary? _summary;

    /// <summary>What the last look observed.</summary>
    public Observation? Observed { get; private set; }

    /// <summary>Looks.</summary>
    public Plan Take()
    {
        var prior = _summary is null || ChangedParts() is not { } changed ? null : new PriorLook(_summary, changed);
        _seen = cluster.Snapshot();
        Observed = cluster.Observe(reconciler, key, prior);
        var plan = reconciler.Reconcile(Observed);
        if (plan.NeedsAllParts)
        {
            Observed = cluster.Observe(reconciler, key);
            plan = reconciler.Reconcile(Observed);
        }

        _summary = plan.Summary;
        return plan;
    }

    /// <summary>The parts that have changed since the last look; null for all.</summary>
    private HashSet<string>? ChangedParts()
    {
        var parts = new HashSet<string>();
        foreach (var change in cluster.ChangesSince(_seen))
        {
            foreach (var relation in reconciler.Relations.Where(relation => relation.Watched.Contains(change.Resource)))
            {
                if (!cluster.FindPrimaries(relation, reconciler.Primary, change).Contains(key))
                    continue;
                if (relation.PartsOf(change) is not { } changed)
                    return null;
                parts.UnionWith(changed);
            }
        }

        return parts;
    }
}
