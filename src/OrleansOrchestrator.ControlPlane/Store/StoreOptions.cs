namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Bounds and times of the object store.</summary>
public sealed record StoreOptions
{
    /// <summary>The most changes of one commit.</summary>
    public int CommitRowsMax { get; init; } = 1000;

    /// <summary>The most bytes of one commit; a single larger change goes alone.</summary>
    public int CommitBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most changes that wait to become durable; writes beyond are refused as overload.</summary>
    public int PendingChangesMax { get; init; } = 20_000;

    /// <summary>How long an activation may serve consistent reads without hearing from the database (invariant I3).</summary>
    public TimeSpan ReadLease { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long writes wait for a database that is away before they fail.</summary>
    public TimeSpan UnavailableGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause between tries to reach the database.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a commit may take before its outcome counts as unknown and is looked up. Shorter than
    /// <see cref="UnavailableGrace"/>, within which it is tried again.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a follower's question waits for changes. A store that moves to another activation, as it does when a silo
    /// with its entry of the directory dies, takes no writes before the questions in it have ended.</summary>
    public TimeSpan FollowWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The most changes of one answer to a follower.</summary>
    public int FollowChangesMax { get; init; } = 2000;

    /// <summary>The most objects of a snapshot page.</summary>
    public int SnapshotPageMax { get; init; } = 2000;

    /// <summary>The most changes kept in memory for followers.</summary>
    public int HistoryChangesMax { get; init; } = 10_000;

    /// <summary>The most bytes of changes kept in memory for followers.</summary>
    public long HistoryBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>How many revisions are reserved at once for objects that are kept in memory only.</summary>
    public int RevisionsReserved { get; init; } = 1 << 20;

    /// <summary>The changes of at least this time are kept for watches to resume from.</summary>
    public TimeSpan ChangesKept { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>At least this many changes are kept, however old.</summary>
    public long ChangesKeptMin { get; init; } = 1000;

    /// <summary>How often old changes are trimmed and expired objects deleted.</summary>
    public TimeSpan HousekeepingPeriod { get; init; } = TimeSpan.FromSeconds(30);
}
