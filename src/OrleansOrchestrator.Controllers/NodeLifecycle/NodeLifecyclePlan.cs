using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>What is to be done about the nodes and their pods.</summary>
public sealed record NodeLifecyclePlan
{
    /// <summary>The writes, most urgent first, each object at most once.</summary>
    public required IReadOnlyList<ObjectAction> Actions { get; init; }

    /// <summary>The events to record, told only if the action on the same object succeeded.</summary>
    public required IReadOnlyList<NodeLifecycleEvent> Events { get; init; }

    /// <summary>When to decide again even if nothing changes; null for only then.</summary>
    public required TimeSpan? RequeueAfter { get; init; }

    /// <summary>The nodes whose pods would be replaced if it were known that the nodes do not run them, in order.</summary>
    public required IReadOnlyList<WithheldEviction> Withheld { get; init; }

    /// <summary>
    /// Whether no node at all is heard of, which is more likely the observer's fault. When this ends, the observer calls
    /// <see cref="HeartbeatLedger.Restart"/>, so that all nodes get their time to report.
    /// </summary>
    public required bool IsDisrupted { get; init; }
}

/// <summary>A silent node whose pods are not replaced.</summary>
/// <param name="Node">Its name.</param>
/// <param name="IsOtherwiseFenced">Whether that is because its daemon acts by other times, and not because votes are missing.</param>
public readonly record struct WithheldEviction(string Node, bool IsOtherwiseFenced);

/// <summary>An event about one of the objects that a plan writes.</summary>
/// <param name="Resource">The object's resource.</param>
/// <param name="Regarding">The object.</param>
/// <param name="Event">The event.</param>
public sealed record NodeLifecycleEvent(ResourceName Resource, KubeObject Regarding, PlannedEvent Event);
