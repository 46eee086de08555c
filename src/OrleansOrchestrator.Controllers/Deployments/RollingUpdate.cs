namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>Takes a rolling update one step on: new replicas as far as the surge allows, else fewer old ones as far as enough stay available.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/deployment/rolling.go.</remarks>
internal static class RollingUpdate
{
    /// <summary>Takes the step. Up and down are never one step, since only what was seen to be available allows the way down.</summary>
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
        // New replicas that are not available yet must not let old ones go.
        var unavailableNew = set.Replicas - set.Available;
        var budget = rollout.Total - rollout.Bounds.MinAvailable - unavailableNew;

        // Old replicas that are not available go first: nobody misses them, and they would keep the rollout from getting on.
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
