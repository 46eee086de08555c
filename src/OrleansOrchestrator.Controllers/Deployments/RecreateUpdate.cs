using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>Advances a Recreate update by one step: first scales all old replicas down, then creates the new ones once no old pod runs.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/deployment/recreate.go.</remarks>
internal static class RecreateUpdate
{
    /// <summary>Advances by one step.</summary>
    /// <param name="rollout">The ReplicaSets.</param>
    /// <param name="pods">The pods that the deployment selects.</param>
    public static void Advance(Rollout rollout, IEnumerable<V1Pod> pods)
    {
        foreach (var old in rollout.Old.Where(old => old.Replicas > 0))
            old.ScaleTo(0, rollout.Bounds);
        if (!rollout.Old.All(old => old.IsEmpty) || IsAnOldOneRunning(rollout, pods))
            return;
        var set = rollout.EnsureNew();
        if (set.Replicas != rollout.Bounds.Replicas || rollout.IsNewCreated)
            set.ScaleTo(rollout.Bounds.Replicas, rollout.Bounds);
    }

    /// <summary>A pod that is being deleted runs until it has ended.</summary>
    private static bool IsAnOldOneRunning(Rollout rollout, IEnumerable<V1Pod> pods)
    {
        var old = rollout.Old.Select(set => set.Observed.Metadata.Uid).ToHashSet();
        return pods.Any(pod => !pod.IsTerminal && pod.Controller is { } controller && old.Contains(controller.Uid));
    }
}
