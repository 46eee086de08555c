using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>The writes and events about the nodes and their pods.</summary>
public sealed record NodeLifecyclePlan
{
    /// <summary>The writes, most urgent first, each object at most once.</summary>
    public required IReadOnlyList<ObjectAction> Actions { get; init; }

    /// <summary>The events to record. Each is recorded only if the action on the same object succeeded.</summary>
    public required IReadOnlyList<NodeLifecycleEvent> Events { get; init; }

    /// <summary>When to reconcile again even if nothing changes; null to wait for a change.</summary>
    public required TimeSpan? RequeueAfter { get; init; }

    /// <summary>The nodes whose due evictions wait for proof that the nodes no longer run their pods, in order.</summary>
    public required IReadOnlyList<WithheldEviction> Withheld { get; init; }

    /// <summary>All nodes together.</summary>
    public required ZoneHealth Cluster { get; init; }

    /// <summary>The zones, by name.</summary>
    public required IReadOnlyList<ZoneHealth> Zones { get; init; }

    /// <summary>What the next decision must know of this one.</summary>
    public required NodeLifecycleMemory Memory { get; init; }

    /// <summary>
    /// What an operator should know: the cluster if too many of its nodes are lost, or else each zone of which that is true.
    /// </summary>
    public IEnumerable<ZoneHealth> Disruptions => Cluster.State != ZoneState.Normal ? [Cluster] : Zones.Where(zone => zone.State != ZoneState.Normal);
}

/// <summary>Why the pods of a silent node are not replaced.</summary>
public enum WithholdingReason
{
    /// <summary>Too few peers are heard of to know that the node runs nothing.</summary>
    Votes,

    /// <summary>The node's daemon uses other fencing times than the control plane.</summary>
    FencingTimes,

    /// <summary>Too many nodes are lost at once.</summary>
    Disruption,
}

/// <summary>A silent node whose pods are not replaced.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Reason">Why.</param>
public readonly record struct WithheldEviction(string Node, WithholdingReason Reason);

/// <summary>An event about one of the objects that a plan writes.</summary>
/// <param name="Resource">The object's resource.</param>
/// <param name="Regarding">The object.</param>
/// <param name="Event">The event.</param>
public sealed record NodeLifecycleEvent(ResourceName Resource, KubeObject Regarding, PlannedEvent Event);
