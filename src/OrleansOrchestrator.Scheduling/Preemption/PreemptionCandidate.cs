using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Preemption;

/// <summary>A node with the victims whose eviction makes the pod fit.</summary>
/// <param name="NodeName">The node.</param>
/// <param name="Victims">The victims, the most important first.</param>
/// <param name="Violations">The number of evictions that violate a disruption budget.</param>
internal sealed record PreemptionCandidate(string NodeName, IReadOnlyList<PodInfo> Victims, int Violations) : IComparable<PreemptionCandidate>
{
    // Makes every priority positive, so that fewer victims have the smaller sum even with negative priorities.
    private const long PriorityOffset = 1L << 31;

    /// <summary>
    /// Smaller is better, in kube-scheduler's order: fewest violations, least important top victim, smallest sum of priorities, fewest
    /// victims, latest start among the most important victims.
    /// </summary>
    public int CompareTo(PreemptionCandidate? other)
    {
        if (other is null)
            return -1;
        var order = Violations.CompareTo(other.Violations);
        if (order == 0)
            order = Victims[0].Priority.CompareTo(other.Victims[0].Priority);
        if (order == 0)
            order = PrioritySum.CompareTo(other.PrioritySum);
        if (order == 0)
            order = Victims.Count.CompareTo(other.Victims.Count);
        return order != 0 ? order : other.EarliestTopStart.CompareTo(EarliestTopStart);
    }

    private long PrioritySum => Victims.Sum(victim => victim.Priority + PriorityOffset);

    private DateTime EarliestTopStart =>
        Victims.Where(victim => victim.Priority == Victims[0].Priority).Min(victim => victim.StartedAt ?? DateTime.MaxValue);
}
