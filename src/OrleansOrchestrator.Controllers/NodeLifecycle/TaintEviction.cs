using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>When the pods of a node have to go.</summary>
/// <param name="Deadline">The moment.</param>
/// <param name="IsForced">
/// Whether the pod is then removed without its node's consent: because the node cannot answer, and has surely stopped the
/// pod by itself.
/// </param>
internal readonly record struct TaintEviction(DateTimeOffset Deadline, bool IsForced)
{
    /// <summary>When a pod of a node has to go; null for never, as things stand.</summary>
    /// <remarks>
    /// Invariant I7: a forced eviction comes after a silence in which the node's daemon has surely stopped the pod, unless
    /// peers let it run on. The silence is counted by one observer's own clock, and covers the pod's toleration: the time that
    /// stands on the taint may be another observer's, whose clock was wrong.
    /// </remarks>
    public static TaintEviction? Of(V1Pod pod, ObservedNode observed, DateTimeOffset now, bool isSilent, NodeLifecycleOptions options)
    {
        // Of one that was deleted at once nothing is left but what its finalizers wait for.
        if (pod.IsDeleting ? pod.Metadata.DeletionGracePeriodSeconds == 0 : pod.IsTerminal)
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

    /// <summary>The taint by which an operator says that the node's machine is shut down; null if it does not have it.</summary>
    public static V1Taint? OutOfService(V1Node node) =>
        node.Spec?.Taints?.FirstOrDefault(taint => taint.Key == TaintKeys.OutOfService && taint.Effect is TaintEffects.NoExecute or TaintEffects.NoSchedule);

    /// <summary>
    /// Whether a pod has gone with a machine that is out of service, whatever it tolerates of unreachable nodes and whatever the
    /// node's peers say: it is being deleted already, or does not tolerate the taint that says so.
    /// </summary>
    public static bool IsLost(V1Pod pod, V1Node node) => pod.IsDeleting
        ? pod.Metadata.DeletionGracePeriodSeconds != 0
        : !pod.IsTerminal && OutOfService(node) is { } taint && pod.Spec.Tolerations?.Any(toleration => Tolerations.Tolerates(toleration, taint)) is not true;

    private static DateTimeOffset? ForcedDeadline(V1Pod pod, ObservedNode observed, List<V1Taint> taints, NodeLifecycleOptions options)
    {
        var taint = taints.Find(taint => taint.Key == TaintKeys.Unreachable);
        return taint is null || options.Times.ReplaceAfter(pod) is not { } after ? null : Waits.After(observed.LastHeartbeat, after);
    }

    /// <summary>The first time at which any taint outstays its welcome, from those that a living daemon has to act on.</summary>
    private static DateTimeOffset? GracefulDeadline(V1Pod pod, List<V1Taint> taints, DateTimeOffset now) => taints
        .Where(taint => taint.Key != TaintKeys.Unreachable)
        .Select(taint => Tolerations.StayOf(pod, taint) is { } stay ? Waits.After(ApiTime.Read(taint.TimeAdded) ?? now, stay) : (DateTimeOffset?)null)
        .Min();
}
