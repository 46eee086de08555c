namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>
/// What a reconciler that decides by part found out about its primary, so that the next look costs what has changed and not what there
/// is. It follows from the observed objects alone: the host keeps it in memory, and may forget it at any time. Immutable.
/// </summary>
public abstract record PlanSummary
{
    /// <summary>Of how many objects it tells, about.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// The parts to observe at the next look even if nothing of them changes: those to which the plan wrote, and those whose time
    /// has come.
    /// </summary>
    public abstract IEnumerable<string> OpenParts(DateTimeOffset now);
}

/// <summary>What an observation by part begins with.</summary>
/// <param name="Summary">The summary of the last plan.</param>
/// <param name="Changed">The parts that have changed since.</param>
public sealed record PriorLook(PlanSummary Summary, IReadOnlySet<string> Changed);
