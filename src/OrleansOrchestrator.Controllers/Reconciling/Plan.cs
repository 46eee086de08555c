using OrleansOrchestrator.Controllers.Actions;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>What a reconciler wants done, in order. Actions on one resource that follow each other are applied as one batch.</summary>
public sealed record Plan
{
    /// <summary>Nothing to do.</summary>
    public static Plan Nothing { get; } = new();

    /// <summary>The writes, in order. When one fails the rest of the plan is still tried, but for creations of which whole batches
    /// are refused (<see cref="ActionBatches"/>), and the object is reconciled again after a back-off.</summary>
    public IReadOnlyList<ObjectAction> Actions { get; init; } = [];

    /// <summary>
    /// Makes the last write from what was refused of the others, once all of them have been tried: a status that tells how they
    /// went. Pure, as the reconciler is; null, or a null that it gives, is for nothing to write.
    /// </summary>
    public Func<IReadOnlyList<RefusedAction>, ObjectAction?>? Conclude { get; init; }

    /// <summary>Events to record on the primary object, told only if the actions succeeded.</summary>
    public IReadOnlyList<PlannedEvent> Events { get; init; } = [];

    /// <summary>When to look at the object again even if nothing changes; null for only then.</summary>
    public TimeSpan? RequeueAfter { get; init; }
}
