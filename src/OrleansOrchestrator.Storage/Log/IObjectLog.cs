namespace OrleansOrchestrator.Storage.Log;

/// <summary>
/// The durable, ordered log of every object of every resource: the only place where state survives a silo.
/// One writer owns a shard at a time, proved by its epoch; every commit is one transaction that also advances the
/// shard's head under that epoch, so that a writer which has been replaced can never write again (invariant I3).
/// </summary>
/// <remarks>
/// Implementations are safe for concurrent use by several shards. All methods throw <see cref="LogUnavailableException"/>
/// when the database did not execute the operation (it certainly had no effect), and <see cref="FencedException"/> when the
/// epoch is no longer the newest. Keys compare ordinally (invariant I6).
/// </remarks>
public interface IObjectLog : IAsyncDisposable
{
    /// <summary>Takes the shard over: raises its epoch, which fences every earlier owner, and reads where it stands. It grants
    /// nothing: the new owner has no read lease before it has waited for <see cref="ShardOpening.PreviousLease"/> and renewed its own.</summary>
    /// <param name="shard">The shard; it is created at revision 0 if it has never existed.</param>
    /// <param name="cancellationToken">Cancels the wait; the take-over may still have happened, which is harmless.</param>
    Task<ShardOpening> OpenAsync(ShardId shard, CancellationToken cancellationToken);

    /// <summary>Streams all objects of the shard, in no particular order.</summary>
    IAsyncEnumerable<LogObject> LoadAsync(ShardId shard, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a batch of changes durable in one transaction: all or none. It also renews the owner's read lease.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="epoch">The epoch that <see cref="OpenAsync"/> answered.</param>
    /// <param name="commit">The changes, and the head before and after them.</param>
    /// <param name="cancellationToken">Bounds the wait. A commit that is cancelled once it has been sent has an unknown outcome.</param>
    /// <exception cref="FencedException">A newer owner has taken the shard; nothing was written.</exception>
    /// <exception cref="LogUnavailableException">The database refused or was not reached, or the wait was over before the commit
    /// was sent; nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">The connection was lost or timed out while committing. The caller must
    /// call <see cref="ReadHeadAsync"/> before it acknowledges anything else (invariant I4).</exception>
    Task CommitAsync(ShardId shard, long epoch, LogCommit commit, CancellationToken cancellationToken);

    /// <summary>Reads the shard's head, which tells whether a commit of unknown outcome happened: the head is either
    /// <see cref="LogCommit.HeadBefore"/> or <see cref="LogCommit.HeadAfter"/>. Must not answer while such a commit could
    /// still take effect.</summary>
    /// <exception cref="FencedException">A newer owner has taken the shard.</exception>
    Task<long> ReadHeadAsync(ShardId shard, long epoch, CancellationToken cancellationToken);

    /// <summary>Extends the owner's read lease to <paramref name="leaseDuration"/> from when it sent this, by its own clock.</summary>
    /// <exception cref="FencedException">A newer owner has taken the shard.</exception>
    Task RenewLeaseAsync(ShardId shard, long epoch, TimeSpan leaseDuration, CancellationToken cancellationToken);

    /// <summary>Ends the owner's read lease at once, so that the next owner need not wait. Does nothing when fenced, or while the
    /// lease that counts is still that of the owner before.</summary>
    Task ReleaseAsync(ShardId shard, long epoch, CancellationToken cancellationToken);

    /// <summary>Reads changes with a revision greater than <paramref name="afterRevision"/>, in order.</summary>
    /// <returns>At most <paramref name="limit"/> changes whose values, together with those before them, are at most
    /// <paramref name="bytesMax"/> bytes; at least one if there is any.</returns>
    /// <exception cref="CompactedException">Changes after <paramref name="afterRevision"/> have been trimmed.</exception>
    Task<IReadOnlyList<LogChange>> ReadChangesAsync(
        ShardId shard, long afterRevision, int limit, long bytesMax, CancellationToken cancellationToken);

    /// <summary>Deletes, in bounded batches, changes that are both older than <paramref name="minimumAge"/> and more than
    /// <paramref name="minimumCount"/> revisions behind the head, and records how far it went.</summary>
    /// <returns>The shard's compacted revision: watches can resume from it and later, not before.</returns>
    Task<long> TrimAsync(ShardId shard, TimeSpan minimumAge, long minimumCount, CancellationToken cancellationToken);

    /// <summary>What is wrong with the database at the moment, in one line for an operator; null if nothing is known to be.</summary>
    string? LastFault => null;
}
