using OrleansOrchestrator.Controllers.Actions;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>What to do about the pods of one owner, and how they stand.</summary>
/// <param name="Actions">The writes to pods, at most <see cref="ReplicaPlanner.BurstMax"/>.</param>
/// <param name="Counts">The replicas as observed, before the writes.</param>
/// <param name="RequeueAfter">When to look again even if nothing changes; null for only then.</param>
internal sealed record ReplicaPlan(IReadOnlyList<ObjectAction> Actions, ReplicaCounts Counts, TimeSpan? RequeueAfter);

/// <summary>The active pods of an owner, counted.</summary>
/// <param name="Replicas">All of them.</param>
/// <param name="FullyLabeled">Those with every label of the template.</param>
/// <param name="Ready">Those that are ready.</param>
/// <param name="Available">Those that have been ready for long enough.</param>
internal readonly record struct ReplicaCounts(int Replicas, int FullyLabeled, int Ready, int Available);
