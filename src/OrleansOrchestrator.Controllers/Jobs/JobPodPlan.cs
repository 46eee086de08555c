using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Replication;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>What to do about the pods of a job.</summary>
/// <param name="Actions">The writes.</param>
/// <param name="RequeueAfter">When to reconcile again even if nothing changes; null to wait for a change.</param>
internal sealed record JobPodPlan(IReadOnlyList<ObjectAction> Actions, TimeSpan? RequeueAfter = null)
{
    /// <summary>Nothing to do.</summary>
    public static JobPodPlan Nothing { get; } = new([]);

    /// <summary>A plan of as many actions as one plan may have; the rest follows at once.</summary>
    public static JobPodPlan Bounded(IReadOnlyList<ObjectAction> actions) => actions.Count <= ReplicaPlanner.BurstMax
        ? new JobPodPlan(actions)
        : new JobPodPlan([.. actions.Take(ReplicaPlanner.BurstMax)], TimeSpan.Zero);

    /// <summary>The same plan, with another look after the given time at the latest.</summary>
    public JobPodPlan NotLaterThan(TimeSpan? time) => time is null || RequeueAfter <= time ? this : this with { RequeueAfter = time };
}
