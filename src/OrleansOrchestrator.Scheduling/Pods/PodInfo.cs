using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>
/// The scheduler's view of a pod: its identity, order and placement, read once from the object. Immutable, and without a reference to
/// the object.
/// </summary>
public sealed class PodInfo
{
    private PodInfo(V1Pod pod, PodInputSet inputs)
    {
        var metadata = pod.Metadata;
        Namespace = metadata.NamespaceProperty ?? "";
        Name = metadata.Name ?? "";
        Uid = string.IsNullOrEmpty(metadata.Uid) ? $"{Namespace}/{Name}" : metadata.Uid;
        Labels = LabelSet.From(metadata.Labels);
        CreatedAt = metadata.CreationTimestamp;
        IsBeingPreempted = PodDisruption.IsBeingPreempted(pod);
        IsTerminating = metadata.DeletionTimestamp is not null;
        SpreadOwnerUid = FindSpreadOwner(metadata);
        Priority = pod.Priority;
        MayPreempt = pod.MayPreempt;
        IsMirror = pod.IsMirror;
        SchedulerName = string.IsNullOrEmpty(pod.Spec.SchedulerName) ? "default-scheduler" : pod.Spec.SchedulerName;
        NodeName = string.IsNullOrEmpty(pod.Spec.NodeName) ? null : pod.Spec.NodeName;
        IsGated = pod.IsGated;
        IsTerminal = pod.IsTerminal;
        NominatedNodeName = string.IsNullOrEmpty(pod.Status?.NominatedNodeName) ? null : pod.Status.NominatedNodeName;
        StartedAt = pod.Status?.StartTime;
        Claims = PodClaim.Of(pod);
        Shape = inputs.Read(pod);
    }

    /// <summary><c>metadata.uid</c>, or namespace and name for a pod without one.</summary>
    public string Uid { get; }

    /// <summary><c>metadata.namespace</c>.</summary>
    public string Namespace { get; }

    /// <summary><c>metadata.name</c>.</summary>
    public string Name { get; }

    /// <summary>The pod's priority; higher ones are scheduled first and may preempt lower ones.</summary>
    public int Priority { get; }

    /// <summary>Whether its preemption policy allows it to preempt pods of lower priority.</summary>
    public bool MayPreempt { get; }

    /// <summary>Whether it only shows a static pod, which its node runs whatever happens to this object.</summary>
    public bool IsMirror { get; }

    /// <summary><c>spec.schedulerName</c>.</summary>
    public string SchedulerName { get; }

    /// <summary>The assigned node; null while the pod waits.</summary>
    public string? NodeName { get; }

    /// <summary>The node on which preemption makes room for this pod; null if there is none.</summary>
    public string? NominatedNodeName { get; }

    /// <summary>Whether scheduling gates hold it back.</summary>
    public bool IsGated { get; }

    /// <summary>Whether it has ended (Succeeded or Failed) and uses nothing of its node.</summary>
    public bool IsTerminal { get; }

    /// <summary>Whether it is being deleted.</summary>
    public bool IsTerminating { get; }

    /// <summary>Whether it is being deleted to make room for a pod of higher priority.</summary>
    public bool IsBeingPreempted { get; }

    /// <summary>When it was created.</summary>
    public DateTime? CreatedAt { get; }

    /// <summary>When its node started it.</summary>
    public DateTime? StartedAt { get; }

    internal LabelSet Labels { get; }

    /// <summary>The claims that the pod names in its volumes.</summary>
    internal PodClaim[] Claims { get; }

    /// <summary>The controller whose pods it spreads with; null if it does not spread by default.</summary>
    internal string? SpreadOwnerUid { get; }

    internal PodShape Shape { get; private set; }

    /// <summary>Reads a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="inputs">The plugins' inputs.</param>
    public static PodInfo From(V1Pod pod, PodInputSet inputs)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(inputs);
        return new PodInfo(pod, inputs);
    }

    /// <summary>Namespace and name, for messages.</summary>
    public override string ToString() => $"{Namespace}/{Name}";

    /// <summary>Uses an equal shape in place of its own, to save memory.</summary>
    internal void ShareShape(PodShape shape) => Shape = shape;

    private static string? FindSpreadOwner(V1ObjectMeta metadata)
    {
        foreach (var owner in metadata.OwnerReferences ?? [])
        {
            // Pods of other controllers, as of Jobs and DaemonSets, do not spread by default.
            if (owner.Controller == true)
                return (owner.ApiVersion, owner.Kind) is ("v1", "ReplicationController") or ("apps/v1", "ReplicaSet" or "StatefulSet") ? owner.Uid : null;
        }

        return null;
    }
}
