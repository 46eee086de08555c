using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Preemption;

/// <summary>A node that would take the pod, and the pods that would have to go.</summary>
/// <param name="NodeName">The node.</param>
/// <param name="Victims">The pods, the most important first.</param>
/// <param name="Violations">How many of the evictions violate a disruption budget.</param>
internal sealed record PreemptionCandidate(string NodeName, IReadOnlyList<PodInfo> Victims, int Violations) : IComparable<PreemptionCandidate>
{
    // Makes every priority positive, so that a node with fewer victims has the smaller sum even if priorities are negative.
    private const long PriorityOffset = 1L << 31;

    /// <summary>
    /// Smaller is better, by kube-scheduler's order: fewest violations, least important top victim, smallest sum of
    /// priorities, fewest victims, latest start among the most important ones.
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
