using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>What a decision lets happen to the pods of one node, and why no more.</summary>
internal abstract class EvictionPolicy
{
    /// <summary>The name of the node.</summary>
    public abstract string Node { get; }

    /// <summary>Whether the pods of the node are looked at.</summary>
    public virtual bool Concerns => true;

    /// <summary>Why the node does not lose all pods that it would lose; null if it does.</summary>
    public virtual WithholdingReason? Withheld => null;

    /// <summary>When pods of the node that are ready are marked as unready; null for never.</summary>
    public virtual DateTimeOffset? UnreadyAt => null;

    /// <summary>When a pod must leave the node; null for never as things are.</summary>
    public abstract PodEviction? Of(V1Pod pod);

    /// <summary>When the pod would have to leave if nothing were withheld.</summary>
    public virtual PodEviction? OfAll(V1Pod pod) => Of(pod);

    /// <summary>Whether a pod was deleted with no grace period and has ended, so that it waits for its finalizers only. Of one that has
    /// not, somebody has to say that it has: its node cannot.</summary>
    protected static bool IsForcedOut(V1Pod pod) => pod is { IsDeleting: true, IsTerminal: true, Metadata.DeletionGracePeriodSeconds: 0 };
}

/// <summary>When a pod must leave its node.</summary>
/// <param name="Deadline">When.</param>
/// <param name="IsForced">Whether the pod is then deleted without its node's consent: the node cannot answer, and has surely stopped the pod.</param>
/// <param name="Why">What the pod's condition says; null if it is being deleted for another reason.</param>
internal readonly record struct PodEviction(DateTimeOffset Deadline, bool IsForced, PodDisruption? Why);
