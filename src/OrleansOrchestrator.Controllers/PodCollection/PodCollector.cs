using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.PodCollection;

/// <summary>Chooses the pods that have ended and are more than the cluster keeps.</summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/podgc. Its other duties are done elsewhere: pods of nodes that do not exist are the node
/// controller's, and the deletion of a pod that no node has taken on needs nobody's consent.
/// </remarks>
public static class PodCollector
{
    /// <summary>The most deletions of one plan; the rest follows in the next one.</summary>
    public const int DeletionsMax = 500;

    /// <summary>Chooses them: those that were evicted first, then the oldest.</summary>
    /// <param name="pods">The pods of the cluster that have ended, in any order.</param>
    /// <param name="terminatedPodsMax">How many of them are kept.</param>
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
