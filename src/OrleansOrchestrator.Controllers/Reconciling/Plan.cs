using OrleansOrchestrator.Controllers.Actions;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>What a reconciler wants done, in order. Successive actions on one resource are applied as one batch.</summary>
public sealed record Plan
{
    /// <summary>Nothing to do.</summary>
    public static Plan Nothing { get; } = new();

    /// <summary>The writes, in order. When one fails the rest of the plan is still tried, but for creations of which whole batches
    /// are refused (<see cref="ActionBatches"/>), and the object is reconciled again after a back-off.</summary>
    public IReadOnlyList<ObjectAction> Actions { get; init; } = [];

    /// <summary>
    /// Makes the last write, a status, after all other actions were tried. Its argument holds the refused ones. Pure, as the
    /// reconciler is. If it is null or returns null, there is no such write.
    /// </summary>
    public Func<IReadOnlyList<RefusedAction>, ObjectAction?>? Conclude { get; init; }

    /// <summary>The events to record on the primary object if the actions succeeded.</summary>
    public IReadOnlyList<PlannedEvent> Events { get; init; } = [];

    /// <summary>
    /// What the next observation of this key holds as <see cref="Observation.Memory"/>. It is durable before anything is written, so
    /// that it also tells what was about to happen. Empty forgets; null keeps what is there.
    /// </summary>
    public string? Memory { get; init; }

    /// <summary>
    /// What the next observation begins with, if the reconciler decides by part. Null observes everything at the next look.
    /// </summary>
    public PlanSummary? Summary { get; init; }

    /// <summary>Whether the observed parts do not suffice: all objects are to be observed at once for another decision. Nothing else counts then.</summary>
    public bool NeedsAllParts { get; init; }

    /// <summary>When to reconcile again even if nothing changes; null to wait for a change.</summary>
    public TimeSpan? RequeueAfter { get; init; }
}
