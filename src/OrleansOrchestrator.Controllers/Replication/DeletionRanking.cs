using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>
/// Orders surplus pods so that those whose loss hurts least come first, in Kubernetes' order. The pod's key breaks ties, so that
/// the order is total and does not depend on the order of observation.
/// </summary>
/// <remarks>
/// See ActivePodsWithRanks in k8s.io/kubernetes/pkg/controller/controller_utils.go. Kubernetes compares ages on a logarithmic scale
/// and breaks ties there by uid, which is not transitive together with the later criteria. Here ages are compared exactly.
/// </remarks>
internal static class DeletionRanking
{
    /// <summary>The pods in order of deletion.</summary>
    /// <param name="pods">The candidates.</param>
    /// <param name="related">The pods that count for how many pods a node has, candidates included.</param>
    public static IEnumerable<V1Pod> Rank(IEnumerable<V1Pod> pods, IEnumerable<V1Pod> related)
    {
        var countByNode = related
            .Where(pod => pod.IsActive && !string.IsNullOrEmpty(pod.Spec?.NodeName))
            .CountBy(pod => pod.Spec.NodeName, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);

        return pods
            .OrderBy(pod => !string.IsNullOrEmpty(pod.Spec?.NodeName))
            .ThenBy(PhaseOrder)
            .ThenBy(pod => pod.IsReady)
            .ThenBy(pod => pod.DeletionCost)
            .ThenByDescending(pod => countByNode.GetValueOrDefault(pod.Spec?.NodeName ?? ""))
            .ThenByDescending(pod => NewestIfUnknown(pod.ReadySince))
            .ThenByDescending(pod => pod.RestartCount)
            .ThenByDescending(pod => NewestIfUnknown(ApiTime.Read(pod.Metadata.CreationTimestamp)))
            .ThenBy(pod => pod.Key);
    }

    private static int PhaseOrder(V1Pod pod) => pod.Status?.Phase switch
    {
        PodPhase.Running => 2,
        "Unknown" => 1,
        _ => 0,
    };

    private static DateTimeOffset NewestIfUnknown(DateTimeOffset? time) => time ?? DateTimeOffset.MaxValue;
}
