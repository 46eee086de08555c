using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>A node as a DaemonSet sees it.</summary>
internal sealed class DaemonNode
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether a pod is to be put on it.</summary>
    public required bool ShouldRun { get; init; }

    /// <summary>Whether a pod that is there may stay.</summary>
    public required bool MayStay { get; init; }

    /// <summary>The set's pods on it or meant for it, the one that counts first. Those that have ended and are being deleted are left out.</summary>
    public required IReadOnlyList<V1Pod> Pods { get; init; }

    /// <summary>The order in which pods count: those that have a node, then the oldest.</summary>
    public static IReadOnlyList<V1Pod> InOrder(IEnumerable<V1Pod> pods) =>
    [
        .. pods.OrderBy(pod => string.IsNullOrEmpty(pod.Spec?.NodeName))
            .ThenBy(pod => ApiTime.Read(pod.Metadata.CreationTimestamp) ?? DateTimeOffset.MaxValue)
            .ThenBy(pod => pod.Key),
    ];
}
