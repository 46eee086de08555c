namespace OrleansOrchestrator.Storage.Log;

/// <summary>A newer owner has taken over the shard. This owner must stop using it.</summary>
public sealed class FencedException(ShardId shard, long epoch)
    : Exception($"shard {shard} has a newer owner than epoch {epoch}");

/// <summary>The database could not be reached or refused the operation, which certainly had no effect. Retry later.</summary>
public sealed class LogUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>The outcome of a commit is unknown: it may or may not have become durable (invariant I4).</summary>
public sealed class OutcomeUnknownException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>The requested changes have been trimmed from the history.</summary>
public sealed class CompactedException(long compactedRevision) : Exception($"changes up to revision {compactedRevision} have been compacted")
{
    /// <summary>Changes at or below this revision are gone.</summary>
    public long CompactedRevision { get; } = compactedRevision;
}
