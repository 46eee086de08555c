using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Bounds and times of the object store.</summary>
public sealed record StoreOptions
{
    // Below Orleans' limit of 100 MB for a message, with room for a last large element.
    private const int BatchBytesLimit = 64 * 1024 * 1024;

    /// <summary>The most changes of one commit.</summary>
    public int CommitRowsMax { get; init; } = 1000;

    /// <summary>The most bytes of one commit. A single larger change is committed alone.</summary>
    public int CommitBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most changes that wait to become durable; further writes are refused as overload.</summary>
    public int PendingChangesMax { get; init; } = 20_000;

    /// <summary>The most bytes of waiting changes. A single larger change is accepted when none waits.</summary>
    public long PendingBytesMax { get; init; } = 128 * 1024 * 1024;

    /// <summary>The most bytes of one object. An object that already is larger may shrink, and may be deleted.</summary>
    public int ObjectBytesMax { get; init; } = 1536 * 1024;

    /// <summary>The most bytes of writes that share a call of the store. The last write may exceed it.</summary>
    public int CallBytesMax { get; init; } = 1024 * 1024;

    /// <summary>The most bytes of one read from a store or from the log: an answer to a follower, a page of a snapshot, a step of a
    /// load. A single larger object or change is read alone.</summary>
    public int BatchBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long an activation may serve consistent reads without contact to the database (invariant I3).</summary>
    public TimeSpan ReadLease { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an activation may serve followers without confirmation by the database that it has not been replaced.</summary>
    public TimeSpan FollowLease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a cache that heard that it has everything is trusted for decisions without asking the store.</summary>
    public TimeSpan CurrentFor { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long writes wait for a database that is away before they fail.</summary>
    public TimeSpan UnavailableGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause between attempts to reach the database.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long an unanswered call of a store is repeated: longer than it takes to detect a dead silo and to open its stores
    /// elsewhere.</summary>
    public TimeSpan CallRetryTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a commit may take before its outcome counts as unknown and is looked up. Shorter than <see
    /// cref="UnavailableGrace"/>, within which it is retried.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a follower's call waits for changes. A store that moves to another activation, for example when a silo with
    /// its directory entry dies, accepts no writes until the calls in it have ended.</summary>
    public TimeSpan FollowWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a follower on the store's own silo, which changes wake, waits before it asks again.</summary>
    public TimeSpan LocalFollowWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a call of a store may go unanswered, beyond the time that the store itself may take, before it counts as lost
    /// and is repeated. It doubles with each lost answer up to <see cref="AnswerWithinMax"/>.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest value of <see cref="AnswerWithin"/> after doubling.</summary>
    public TimeSpan AnswerWithinMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The most changes of one answer to a follower.</summary>
    public int FollowChangesMax { get; init; } = 2000;

    /// <summary>The most objects of a snapshot page.</summary>
    public int SnapshotPageMax { get; init; } = 2000;

    /// <summary>The most changes kept in memory for followers.</summary>
    public int HistoryChangesMax { get; init; } = 10_000;

    /// <summary>The most bytes of changes kept in memory for followers.</summary>
    public long HistoryBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>The revisions reserved at once for objects that are kept in memory only.</summary>
    public int RevisionsReserved { get; init; } = 1 << 20;

    /// <summary>Changes younger than this are kept for watches to resume from.</summary>
    public TimeSpan ChangesKept { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>At least this many changes are kept, however old.</summary>
    public long ChangesKeptMin { get; init; } = 1000;

    /// <summary>How often old changes are trimmed.</summary>
    public TimeSpan HousekeepingPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often expired objects are looked for.</summary>
    public TimeSpan ExpiryPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most expired objects deleted at once. The next ones wait until these are gone, so that a write never waits for
    /// more.</summary>
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

        // Orleans refuses a message between silos above 100 MB, and an answer must fit into one.
        faults.Require(
            BatchBytesMax <= BatchBytesLimit && CommitBytesMax <= BatchBytesLimit && CallBytesMax <= BatchBytesLimit,
            $"{nameof(BatchBytesMax)}, {nameof(CommitBytesMax)} and {nameof(CallBytesMax)} must be at most {BatchBytesLimit}.");
        return faults.All;
    }
}
