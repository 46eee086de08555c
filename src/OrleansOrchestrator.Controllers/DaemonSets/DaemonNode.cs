using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>A node as a DaemonSet sees it.</summary>
internal sealed class DaemonNode
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the node should have a pod.</summary>
    public required bool ShouldRun { get; init; }

    /// <summary>Whether a pod that runs on the node may stay.</summary>
    public required bool MayStay { get; init; }

    /// <summary>
    /// The set's pods that are bound to it or that their affinity assigns to it, in the order of <see cref="InOrder"/>. Those
    /// that have ended and that only a finalizer keeps from going are left out.
    /// </summary>
    public required IReadOnlyList<V1Pod> Pods { get; init; }

    /// <summary>Orders pods: bound ones first, then the oldest first.</summary>
    public static IReadOnlyList<V1Pod> InOrder(IEnumerable<V1Pod> pods) =>
    [
        .. pods.OrderBy(pod => string.IsNullOrEmpty(pod.Spec?.NodeName))
            .ThenBy(pod => ApiTime.Read(pod.Metadata.CreationTimestamp) ?? DateTimeOffset.MaxValue)
            .ThenBy(pod => pod.Key),
    ];
}
