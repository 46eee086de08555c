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

    /// <summary>
    /// Whether no node is both heard of and ready, so that the fault is more likely the observer's. When this ends, the observer
    /// calls <see cref="HeartbeatLedger.Restart"/>, so that all nodes get their time to report.
    /// </summary>
    public required bool IsDisrupted { get; init; }
}

/// <summary>A silent node whose pods are not replaced.</summary>
/// <param name="Node">Its name.</param>
/// <param name="IsOtherwiseFenced">Whether the reason is that its daemon uses other fencing times, and not that votes are missing.</param>
public readonly record struct WithheldEviction(string Node, bool IsOtherwiseFenced);

/// <summary>An event about one of the objects that a plan writes.</summary>
/// <param name="Resource">The object's resource.</param>
/// <param name="Regarding">The object.</param>
/// <param name="Event">The event.</param>
public sealed record NodeLifecycleEvent(ResourceName Resource, KubeObject Regarding, PlannedEvent Event);
