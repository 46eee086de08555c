namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>How the scheduler decides.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Which nodes the resource score prefers.</summary>
    public ScoringStrategy ScoringStrategy { get; init; } = ScoringStrategy.LeastAllocated;

    /// <summary>
    /// How many per cent of the nodes must fit before the search stops; 100 looks at all of them. Less trades the quality
    /// of placements for speed where most pods are unlike each other. At least 100 nodes are always looked for.
    /// </summary>
    public int NodesToScorePercentage { get; init; } = 100;

    /// <summary>For how many pod shapes evaluations of all nodes are kept.</summary>
    public int EvaluationsMax { get; init; } = 128;

    /// <summary>At how many nodes preemption is tried before the best so far is taken.</summary>
    public int PreemptionCandidatesMax { get; init; } = 100;

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(NodesToScorePercentage, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(NodesToScorePercentage, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(EvaluationsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PreemptionCandidatesMax, 1);
    }
}
