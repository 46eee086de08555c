namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>Which nodes the resource score prefers.</summary>
public enum ScoringStrategy
{
    /// <summary>The emptier the better: spreads load over all nodes.</summary>
    LeastAllocated,

    /// <summary>The fuller the better: packs pods, so that nodes can be given back.</summary>
    MostAllocated,
}
