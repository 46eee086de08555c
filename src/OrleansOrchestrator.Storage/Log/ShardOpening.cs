namespace OrleansOrchestrator.Storage.Log;

/// <summary>The state of a shard as its new owner finds it.</summary>
/// <param name="Epoch">The owner's epoch, greater than that of every owner before it.</param>
/// <param name="HeadRevision">The revision of the newest durable change, or the highest one reserved.</param>
/// <param name="CompactedRevision">Changes at or below this revision are no longer in the history.</param>
/// <param name="PreviousLease">For how long after this answer a previous owner may still serve reads. It cannot renew its lease any
/// more, and its last renewal came before the take-over. The new owner must not acknowledge writes before that time has passed by its
/// own clock. Zero if the previous owner released its lease, or if the store admits only one process.</param>
public sealed record ShardOpening(long Epoch, long HeadRevision, long CompactedRevision, TimeSpan PreviousLease);
