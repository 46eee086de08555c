using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>The ReplicaSets of former templates. They are kept so that a Deployment can be rolled back to them.</summary>
internal static class FormerReplicaSets
{
    private const int DeletionsMax = 100;

    /// <summary>Deletes ReplicaSets beyond the limit, the oldest revisions first. One that has or wants pods stays.</summary>
    public static IReadOnlyList<ObjectAction> Surplus(V1Deployment deployment, Rollout rollout)
    {
        if (deployment.Spec.RevisionHistoryLimit is not { } limit || limit == int.MaxValue)
            return [];
        var kept = rollout.Old.Where(old => !old.Observed.IsDeleting).ToList();
        return [.. kept
            .OrderBy(old => old.NumberIn(DeploymentAnnotations.Revision) ?? 0)
            .Take(Math.Clamp(kept.Count - limit, 0, DeletionsMax))
            .Where(old => old.IsEmpty)
            .Select(old => new DeleteObject(WellKnownResources.ReplicaSets, old.Observed.Key, old.Observed.Metadata.Uid))];
    }
}
