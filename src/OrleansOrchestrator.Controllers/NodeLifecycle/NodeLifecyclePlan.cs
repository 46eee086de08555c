using OrleansOrchestrator.Controllers.Reconciling;
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

    /// <summary>The names of nodes whose pods would be replaced if votes enough said that the nodes do not run them, in order.</summary>
    public required IReadOnlyList<string> WaitingForVotes { get; init; }

    /// <summary>
    /// Whether no node at all is heard of, which is more likely the observer's fault. When this ends, the observer calls
    /// <see cref="HeartbeatLedger.Restart"/>, so that all nodes get their time to report.
    /// </summary>
    public required bool IsDisrupted { get; init; }
}

/// <summary>An event about one of the objects that a plan writes.</summary>
/// <param name="Resource">The object's resource.</param>
/// <param name="Regarding">The object.</param>
/// <param name="Event">The event.</param>
public sealed record NodeLifecycleEvent(ResourceName Resource, KubeObject Regarding, PlannedEvent Event);
