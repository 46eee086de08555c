using OrleansOrchestrator.Controllers.Actions;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>The writes to the pods of one owner, and the counts of its pods.</summary>
/// <param name="Actions">The writes to pods, at most <see cref="ReplicaPlanner.BurstMax"/>.</param>
/// <param name="Counts">The replicas as observed, before the writes.</param>
/// <param name="RequeueAfter">When to reconcile again even if nothing changes; null to wait for a change.</param>
internal sealed record ReplicaPlan(IReadOnlyList<ObjectAction> Actions, ReplicaCounts Counts, TimeSpan? RequeueAfter);

/// <summary>The pods of an owner, counted.</summary>
/// <param name="Replicas">All that are active.</param>
/// <param name="FullyLabeled">Of these, those with every label of the template.</param>
/// <param name="Ready">Of these, those that are ready.</param>
/// <param name="Available">Of these, those that have been ready for long enough.</param>
internal readonly record struct ReplicaCounts(int Replicas, int FullyLabeled, int Ready, int Available);
