namespace OrleansOrchestrator.Storage.Log;

/// <summary>What a new owner of a shard needs to know.</summary>
/// <param name="Epoch">The owner's epoch, greater than that of every owner before it.</param>
/// <param name="HeadRevision">The revision of the newest durable change, or the highest one reserved.</param>
/// <param name="CompactedRevision">Changes at or below this revision are gone from the change history.</param>
/// <param name="PreviousLeaseRemaining">How long the previous owner may still serve reads, by the database's clock. The new
/// owner must not acknowledge writes before that; zero if the previous owner released its lease, or if the store admits only
/// one process.</param>
public sealed record ShardOpening(long Epoch, long HeadRevision, long CompactedRevision, TimeSpan PreviousLeaseRemaining);
