using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Bounds and times of the object store.</summary>
public sealed record StoreOptions
{
    private const int BatchBytesLimit = 64 * 1024 * 1024;

    /// <summary>The most changes of one commit.</summary>
    public int CommitRowsMax { get; init; } = 1000;

    /// <summary>The most bytes of one commit; a single larger change goes alone.</summary>
    public int CommitBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most changes that wait to become durable; writes beyond are refused as overload.</summary>
    public int PendingChangesMax { get; init; } = 20_000;

    /// <summary>The most bytes of them; a single larger change is taken where none waits.</summary>
    public long PendingBytesMax { get; init; } = 128 * 1024 * 1024;

    /// <summary>The most bytes of one object. An object that is larger already may become smaller, and be deleted.</summary>
    public int ObjectBytesMax { get; init; } = 1536 * 1024;

    /// <summary>The most bytes of the writes that share a call of the store; its last write may make it larger.</summary>
    public int CallBytesMax { get; init; } = 1024 * 1024;

    /// <summary>The most bytes of whatever is read from a store or from the log at once: an answer to a follower, a page of a snapshot,
    /// a step of a load. A single larger object or change comes alone.</summary>
    public int BatchBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long an activation may serve consistent reads without hearing from the database (invariant I3).</summary>
    public TimeSpan ReadLease { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an activation may serve followers without hearing from the database that it has not been replaced.</summary>
    public TimeSpan FollowLease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a cache is taken at its word without asking the store, where a decision rests on it, after it has heard that it has
    /// everything.</summary>
    public TimeSpan CurrentFor { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long writes wait for a database that is away before they fail.</summary>
    public TimeSpan UnavailableGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause between tries to reach the database.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a call of a store is repeated whose answer stays away: longer than it takes until a silo that died is noticed and its stores open elsewhere.</summary>
    public TimeSpan CallRetryTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a commit may take before its outcome counts as unknown and is looked up. Shorter than
    /// <see cref="UnavailableGrace"/>, within which it is tried again.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a follower's question waits for changes. A store that moves to another activation, as it does when a silo
    /// with its entry of the directory dies, takes no writes before the questions in it have ended.</summary>
    public TimeSpan FollowWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a follower on the store's own silo, which is woken by changes, goes without asking.</summary>
    public TimeSpan LocalFollowWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a question to a store may go unanswered before it counts as lost and is asked again, on top of the time that the
    /// store itself may take. It doubles with each answer that stays away, up to <see cref="AnswerWithinMax"/>.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest such time.</summary>
    public TimeSpan AnswerWithinMax { get; init; } = TimeSpan.FromSeconds(15);

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

    /// <summary>How often old changes are trimmed.</summary>
    public TimeSpan HousekeepingPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often it is looked for expired objects.</summary>
    public TimeSpan ExpiryPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most expired objects that are deleted at once. The next ones have to wait until they are gone, so that no more
    /// than these stand before anybody's write.</summary>
    public int ExpiryBatchMax { get; init; } = 250;

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.AtLeastOne(CommitRowsMax);
        faults.AtLeastOne(CommitBytesMax);
        faults.AtLeastOne(PendingChangesMax);
        faults.AtLeastOne(PendingBytesMax);
        faults.AtLeastOne(ObjectBytesMax);
        faults.AtLeastOne(CallBytesMax);
        faults.AtLeastOne(BatchBytesMax);
        faults.AtLeastOne(FollowChangesMax);
        faults.AtLeastOne(SnapshotPageMax);
        faults.AtLeastOne(HistoryChangesMax);
        faults.AtLeastOne(HistoryBytesMax);
        faults.AtLeastOne(RevisionsReserved);
        faults.AtLeastOne(ExpiryBatchMax);
        faults.Positive(ReadLease);
        faults.Positive(FollowLease);
        faults.Positive(CurrentFor);
        faults.Positive(FollowWait);
        faults.Positive(LocalFollowWait);
        faults.Positive(AnswerWithin);
        faults.Positive(CallRetryTime);
        faults.Positive(CommitTimeout);
        faults.Positive(HousekeepingPeriod);
        faults.Positive(ExpiryPeriod);
        faults.Require(AnswerWithinMax >= AnswerWithin, $"{nameof(AnswerWithinMax)} must not be shorter than {nameof(AnswerWithin)}.");

        // A message of the silos, which an answer has to fit in, is refused from 100 MB on.
        faults.Require(
            BatchBytesMax <= BatchBytesLimit && CommitBytesMax <= BatchBytesLimit && CallBytesMax <= BatchBytesLimit,
            $"{nameof(BatchBytesMax)}, {nameof(CommitBytesMax)} and {nameof(CallBytesMax)} must be at most {BatchBytesLimit}.");
        return faults.All;
    }
}
