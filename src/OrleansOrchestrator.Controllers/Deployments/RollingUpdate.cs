namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>
/// Advances a rolling update by one step: scales up the new ReplicaSet as far as maxSurge allows, or else scales down old ones as
/// far as maxUnavailable allows.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/deployment/rolling.go.</remarks>
internal static class RollingUpdate
{
    /// <summary>Advances by one step. A step scales either up or down: only replicas that were observed as available permit a scale-down.</summary>
    public static void Advance(Rollout rollout)
    {
        var set = rollout.EnsureNew();
        ScaleNew(rollout, set);
        if (!rollout.IsScaled)
            ScaleDownOld(rollout, set);
    }

    private static void ScaleNew(Rollout rollout, ReplicaSetDraft set)
    {
        var (bounds, wanted) = (rollout.Bounds, rollout.Bounds.Replicas);
        var room = Math.Max(0, bounds.Max - rollout.Total);
        var replicas = set.Replicas >= wanted ? wanted : (int)Math.Min(wanted, set.Replicas + room);
        if (replicas != set.Replicas || rollout.IsNewCreated)
            set.ScaleTo(replicas, bounds);
    }

    private static void ScaleDownOld(Rollout rollout, ReplicaSetDraft set)
    {
        // New replicas that are not available yet do not permit a scale-down of old ones.
        var unavailableNew = set.Replicas - set.Available;
        var budget = rollout.Total - rollout.Bounds.MinAvailable - unavailableNew;

        // Unavailable old replicas go first. They serve no traffic, and they would block the rollout.
        foreach (var old in rollout.Old)
            budget -= Take(old, Math.Min(budget, old.Unavailable), rollout.Bounds);
        var spare = Math.Min(budget, rollout.Available - rollout.Bounds.MinAvailable);
        foreach (var old in rollout.Old)
            spare -= Take(old, Math.Min(spare, old.Replicas), rollout.Bounds);
    }

    private static long Take(ReplicaSetDraft old, long count, RolloutBounds bounds)
    {
        if (count <= 0)
            return 0;
        old.ScaleTo((int)(old.Replicas - count), bounds);
        return count;
    }
}
