namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>
/// Sizes the ReplicaSets after the Deployment was scaled, or while it is paused. In the middle of a rollout each ReplicaSet grows
/// or shrinks in proportion, so that scaling does not move the rollout forward or back.
/// </summary>
/// <remarks>See scale in k8s.io/kubernetes/pkg/controller/deployment/sync.go.</remarks>
internal static class ProportionalScaling
{
    /// <summary>Scales.</summary>
    /// <param name="rollout">The ReplicaSets.</param>
    /// <param name="isRolling">Whether the strategy is a rolling update.</param>
    /// <param name="present">How many replicas the Deployment has now, for ReplicaSets whose annotations do not record it.</param>
    public static void Scale(Rollout rollout, bool isRolling, int present)
    {
        var bounds = rollout.Bounds;
        var active = rollout.Active.ToList();
        if (active.Count <= 1)
        {
            var only = active.FirstOrDefault() ?? rollout.New ?? rollout.Old.LastOrDefault();
            only?.ScaleTo(bounds.Replicas, bounds);
        }
        else if (IsSaturated(rollout))
        {
            foreach (var old in rollout.Old.Where(old => old.Replicas > 0))
                old.ScaleTo(0, bounds);
        }
        else if (isRolling)
        {
            Share(rollout, active, present);
        }
    }

    /// <summary>Whether the new ReplicaSet has all wanted replicas, its annotation says so, and all are surely available.</summary>
    private static bool IsSaturated(Rollout rollout)
    {
        var wanted = rollout.Bounds.Replicas;
        return rollout.New is { } set
            && set.Replicas == wanted
            && set.NumberIn(DeploymentAnnotations.DesiredReplicas) == wanted
            && set.Available == wanted;
    }

    private static void Share(Rollout rollout, List<ReplicaSetDraft> active, int present)
    {
        var bounds = rollout.Bounds;
        var difference = (bounds.Replicas > 0 ? bounds.Max : 0) - rollout.Total;
        // Either all grow or all shrink, so that the writes stay within the bounds in any order. The largest comes first; of
        // equals, the newest when growing and the oldest when shrinking.
        var byAge = active.OrderBy(set => set.Observed.Metadata.CreationTimestamp).ThenBy(set => set.Name, StringComparer.Ordinal);
        List<ReplicaSetDraft> ordered = [.. (difference > 0 ? byAge.Reverse() : byAge).OrderByDescending(set => set.Replicas)];
        var sizes = new Dictionary<ReplicaSetDraft, long>();
        var left = difference;
        foreach (var set in ordered)
        {
            var share = difference > 0 ? Math.Clamp(ShareOf(set, bounds, present), 0, left) : Math.Clamp(ShareOf(set, bounds, present), left, 0);
            sizes[set] = set.Replicas + share;
            left -= share;
        }

        // The largest one gets the remainder of the rounding.
        sizes[ordered[0]] = Math.Max(0, sizes[ordered[0]] + left);
        foreach (var set in ordered)
            set.ScaleTo((int)Math.Clamp(sizes[set], 0, int.MaxValue), bounds);
    }

    /// <summary>By how much a ReplicaSet must change to keep its share of the whole.</summary>
    private static long ShareOf(ReplicaSetDraft set, RolloutBounds bounds, int present)
    {
        if (bounds.Replicas == 0)
            return -set.Replicas;
        var before = set.NumberIn(DeploymentAnnotations.MaxReplicas) is { } max and > 0 ? max : present;
        if (before <= 0)
            return 0;
        return (long)Math.Round((double)set.Replicas * bounds.Max / before, MidpointRounding.AwayFromZero) - set.Replicas;
    }
}
