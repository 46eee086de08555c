using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.PodCollection;

/// <summary>Chooses the terminal pods that exceed the limit of the cluster.</summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/podgc. Other parts do the rest of it: the node lifecycle controller deletes pods of nodes
/// that do not exist, and the deletion of a pod that was never bound needs no consent of a node.
/// </remarks>
public static class PodCollector
{
    /// <summary>The most deletions of one plan; the rest follows in the next one.</summary>
    public const int DeletionsMax = 500;

    /// <summary>Chooses evicted pods first, then the oldest.</summary>
    /// <param name="pods">The terminal pods of the cluster, in any order.</param>
    /// <param name="terminatedPodsMax">How many terminal pods the cluster keeps.</param>
    public static IReadOnlyList<DeleteObject> Decide(IEnumerable<V1Pod> pods, int terminatedPodsMax)
    {
        var ended = pods.Where(pod => pod.IsTerminal && !pod.IsDeleting).ToList();
        return
        [
            .. ended
                .OrderBy(pod => pod.Status.Reason != "Evicted")
                .ThenBy(pod => ApiTime.Read(pod.Metadata.CreationTimestamp) ?? DateTimeOffset.MinValue)
                .ThenBy(pod => pod.Key)
                .Take(Math.Clamp(ended.Count - terminatedPodsMax, 0, DeletionsMax))
                .Select(pod => new DeleteObject(WellKnownResources.Pods, pod.Key, pod.Metadata.Uid, GracePeriodSeconds: 0)),
        ];
    }
}
