namespace OrleansOrchestrator.Storage.Log;

/// <summary>
/// The durable, ordered log of all objects of all resources. State survives a silo nowhere else. A shard has one writer at a time,
/// which its epoch proves. A commit is one transaction that also advances the shard's head under that epoch, so that a replaced writer
/// can never write again (invariant I3).
/// </summary>
/// <remarks>
/// Implementations are safe for concurrent use by several shards. All methods throw <see cref="LogUnavailableException"/> when the
/// database did not execute the operation, which then certainly had no effect, and <see cref="FencedException"/> when the epoch is no
/// longer the newest. Keys compare ordinally (invariant I6).
/// </remarks>
public interface IObjectLog : IAsyncDisposable
{
    /// <summary>Takes over the shard: raises its epoch, which fences all earlier owners, and reads its head. It grants no read lease.
    /// The new owner first waits for <see cref="ShardOpening.PreviousLease"/> and then renews its own.</summary>
    /// <param name="shard">The shard; it is created at revision 0 if it has never existed.</param>
    /// <param name="cancellationToken">Cancels the wait; the take-over may still have happened, which is harmless.</param>
    Task<ShardOpening> OpenAsync(ShardId shard, CancellationToken cancellationToken);

    /// <summary>Streams all objects of the shard, in no particular order.</summary>
    IAsyncEnumerable<LogObject> LoadAsync(ShardId shard, CancellationToken cancellationToken);

    /// <summary>Makes a batch of changes durable in one transaction, all or none, and renews the owner's read lease.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="epoch">The epoch from <see cref="OpenAsync"/>.</param>
    /// <param name="commit">The changes, and the head before and after them.</param>
    /// <param name="cancellationToken">Bounds the wait. A commit that is cancelled once it has been sent has an unknown outcome.</param>
    /// <exception cref="FencedException">A newer owner has taken the shard; nothing was written.</exception>
    /// <exception cref="LogUnavailableException">The database refused or could not be reached, or the wait ended before the commit was
    /// sent. Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">The connection was lost or timed out during the commit. The caller must call <see
    /// cref="ReadHeadAsync"/> before it acknowledges anything else (invariant I4).</exception>
    Task CommitAsync(ShardId shard, long epoch, LogCommit commit, CancellationToken cancellationToken);

    /// <summary>Reads the shard's head, which tells whether a commit of unknown outcome took effect: the head is either <see
    /// cref="LogCommit.HeadBefore"/> or <see cref="LogCommit.HeadAfter"/>. It must not answer while such a commit could still take
    /// effect.</summary>
    /// <exception cref="FencedException">A newer owner has taken the shard.</exception>
    Task<long> ReadHeadAsync(ShardId shard, long epoch, CancellationToken cancellationToken);

    /// <summary>Extends the owner's read lease. It lasts <paramref name="leaseDuration"/> from the moment the owner sent this call, by
    /// the owner's clock.</summary>
    /// <exception cref="FencedException">A newer owner has taken the shard.</exception>
    Task RenewLeaseAsync(ShardId shard, long epoch, TimeSpan leaseDuration, CancellationToken cancellationToken);

    /// <summary>Ends the owner's read lease at once, so that the next owner need not wait. Does nothing if the owner is fenced, or if
    /// the current lease still belongs to the previous owner.</summary>
    Task ReleaseAsync(ShardId shard, long epoch, CancellationToken cancellationToken);

    /// <summary>Reads changes with a revision greater than <paramref name="afterRevision"/>, in order.</summary>
    /// <returns>At most <paramref name="limit"/> changes. Their values, with the previous ones, take at most <paramref
    /// name="bytesMax"/> bytes. At least one change if there is any.</returns>
    /// <exception cref="CompactedException">Changes after <paramref name="afterRevision"/> have been trimmed.</exception>
    Task<IReadOnlyList<LogChange>> ReadChangesAsync(
        ShardId shard, long afterRevision, int limit, long bytesMax, CancellationToken cancellationToken);

    /// <summary>Deletes changes that are both older than <paramref name="minimumAge"/> and more than <paramref name="minimumCount"/>
    /// revisions behind the head, in bounded batches, and records its progress.</summary>
    /// <returns>The shard's compacted revision. Watches can resume from it or later.</returns>
    Task<long> TrimAsync(ShardId shard, TimeSpan minimumAge, long minimumCount, CancellationToken cancellationToken);

    /// <summary>The database's present fault in one line for an operator; null if none is known.</summary>
    string? LastFault => null;
}
