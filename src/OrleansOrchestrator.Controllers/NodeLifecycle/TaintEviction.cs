using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>When a pod must leave its node because of taints.</summary>
/// <param name="Deadline">When the pod must leave.</param>
/// <param name="IsForced">Whether the pod is then deleted without its node's consent: the node cannot answer, and has surely stopped the pod.</param>
internal readonly record struct TaintEviction(DateTimeOffset Deadline, bool IsForced)
{
    /// <summary>When a pod must leave its node; null for never with the present taints.</summary>
    /// <remarks>
    /// Invariant I7: a forced eviction follows a silence in which the node's daemon has surely stopped the pod, unless peers
    /// extended its time. One observer measures the silence by its own clock, and the silence covers the pod's toleration. The
    /// timeAdded of the taint is not used: the clock of the observer that wrote it may have been wrong.
    /// </remarks>
    public static TaintEviction? Of(V1Pod pod, ObservedNode observed, DateTimeOffset now, bool isSilent, NodeLifecycleOptions options)
    {
        if (pod.IsDeleting ? IsForcedOut(pod) : pod.IsTerminal)
            return null;
        var taints = (observed.Node.Spec?.Taints ?? []).Where(taint => taint.Effect == TaintEffects.NoExecute).ToList();
        var forced = isSilent ? ForcedDeadline(pod, observed, taints, options) : null;
        var graceful = pod.IsDeleting ? null : GracefulDeadline(pod, taints, now);
        return (forced, graceful) switch
        {
            (null, null) => null,
            ({ } deadline, null) => new TaintEviction(deadline, IsForced: true),
            (null, { } deadline) => new TaintEviction(deadline, IsForced: false),
            ({ } one, { } other) => one <= other ? new TaintEviction(one, IsForced: true) : new TaintEviction(other, IsForced: false),
        };
    }

    /// <summary>
    /// When a pod must leave its node because of taints that others than this controller set; null for never. It asks the node's daemon
    /// to stop the pod, so that it is safe whatever is known of the node.
    /// </summary>
    public static TaintEviction? OfOthers(V1Pod pod, V1Node node, DateTimeOffset now) =>
        !pod.IsDeleting && !pod.IsTerminal && GracefulDeadline(pod, (node.Spec?.Taints ?? []).Where(NodeTaints.IsOfOthers), now) is { } deadline
            ? new TaintEviction(deadline, IsForced: false)
            : null;

    /// <summary>Whether a pod was deleted with no grace period, so that it waits for its finalizers only.</summary>
    public static bool IsForcedOut(V1Pod pod) => pod.IsDeleting && pod.Metadata.DeletionGracePeriodSeconds == 0;

    /// <summary>The taint by which an operator says that the node's machine is shut down; null if the node does not have it.</summary>
    public static V1Taint? OutOfService(V1Node node) =>
        node.Spec?.Taints?.FirstOrDefault(taint => taint.Key == TaintKeys.OutOfService && taint.Effect is TaintEffects.NoExecute or TaintEffects.NoSchedule);

    /// <summary>
    /// Whether a pod is lost with a machine that is out of service: it is being deleted already, or does not tolerate the
    /// out-of-service taint. Tolerations of unreachable nodes and votes of peers do not matter.
    /// </summary>
    public static bool IsLost(V1Pod pod, V1Node node) => pod.IsDeleting
        ? !IsForcedOut(pod)
        : !pod.IsTerminal && OutOfService(node) is { } taint && pod.Spec.Tolerations?.Any(toleration => Tolerations.Tolerates(toleration, taint)) is not true;

    private static DateTimeOffset? ForcedDeadline(V1Pod pod, ObservedNode observed, List<V1Taint> taints, NodeLifecycleOptions options)
    {
        var taint = taints.Find(taint => taint.Key == TaintKeys.Unreachable);
        return taint is null || options.Times.ReplaceAfter(pod) is not { } after ? null : Waits.After(observed.LastHeartbeat, after);
    }

    /// <summary>
    /// When the first toleration of a NoExecute taint ends. The unreachable taint is left out, because its daemon cannot act on it.
    /// </summary>
    private static DateTimeOffset? GracefulDeadline(V1Pod pod, IEnumerable<V1Taint> taints, DateTimeOffset now) => taints
        .Where(taint => taint.Key != TaintKeys.Unreachable)
        .Select(taint => Tolerations.StayOf(pod, taint) is { } stay ? Waits.After(ApiTime.Read(taint.TimeAdded) ?? now, stay) : (DateTimeOffset?)null)
        .Min();
}
