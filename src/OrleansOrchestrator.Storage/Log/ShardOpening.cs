namespace OrleansOrchestrator.Storage.Log;

/// <summary>What a new owner of a shard needs to know.</summary>
/// <param name="Epoch">The owner's epoch, greater than that of every owner before it.</param>
/// <param name="HeadRevision">The revision of the newest durable change, or the highest one reserved.</param>
/// <param name="CompactedRevision">Changes at or below this revision are gone from the change history.</param>
/// <param name="PreviousLease">For how long, from the moment of this answer, an owner before may still serve reads. It renews no
/// more, and its last renewal came before the take-over. The new owner must not acknowledge writes before that time is over by its
/// own clock; zero if the previous owner released its lease, or if the store admits only one process.</param>
public sealed record ShardOpening(long Epoch, long HeadRevision, long CompactedRevision, TimeSpan PreviousLease);
