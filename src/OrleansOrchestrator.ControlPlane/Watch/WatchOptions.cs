using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>Bounds and times of the watch caches.</summary>
public sealed record WatchOptions
{
    /// <summary>The most changes that a cache remembers for watches to resume from.</summary>
    public int HistoryChangesMax { get; init; } = 10_000;

    /// <summary>The most bytes of those changes.</summary>
    public long HistoryBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>The least time for which a change is kept, and at most twice that; older changes are read from the database.</summary>
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most events that wait for one watcher. A slower watcher is served from the history when it comes back.</summary>
    public int WatcherEventsMax { get; init; } = 1000;

    /// <summary>The most bytes of those events.</summary>
    public long WatcherBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long a read waits for the cache to reach the revision that it needs.</summary>
    public TimeSpan FreshnessWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often an idle watcher gets a bookmark.</summary>
    public TimeSpan BookmarkPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest pause between attempts to reach the store. Writes wait for caches, and a failover ends between two
    /// attempts.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the pages of a list stay available.</summary>
    public TimeSpan ContinueLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most revisions kept for unfinished lists of a resource.</summary>
    public int ContinueSnapshotsMax { get; init; } = 64;

    /// <summary>The most bytes of outdated objects kept for unfinished lists. A dropped revision is rebuilt from the changes since when
    /// it is needed.</summary>
    public long ContinueBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>The most changes read to rebuild a past revision.</summary>
    public int ContinueChangesMax { get; init; } = 200_000;

    /// <summary>How long a cache may be without an answer from its store, or be filled, before this silo is unready.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.AtLeastOne(HistoryChangesMax);
        faults.AtLeastOne(HistoryBytesMax);
        faults.AtLeastOne(WatcherEventsMax);
        faults.AtLeastOne(WatcherBytesMax);
        faults.AtLeastOne(ContinueSnapshotsMax);
        faults.AtLeastOne(ContinueBytesMax);
        faults.AtLeastOne(ContinueChangesMax);
        faults.Positive(FreshnessWait);
        faults.Positive(BookmarkPeriod);
        faults.Positive(RetryPauseMax);
        faults.Positive(ContinueLifetime);
        faults.Positive(SilenceMax);
        return faults.All;
    }
}
