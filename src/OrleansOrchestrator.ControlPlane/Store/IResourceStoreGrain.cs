using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The only writer of a resource. It orders all changes, makes them durable in batches, and shows them only then. The key is the
/// resource's name, such as <c>replicasets.apps</c>.
/// </summary>
[Alias("IResourceStoreGrain")]
internal interface IResourceStoreGrain : IGrainWithStringKey
{
    /// <summary>Commits writes independently: some may succeed and others fail. Answers in the order of the writes when all are
    /// decided.</summary>
    [Alias("Commit")]
    Task<IReadOnlyList<CommitResult>> CommitAsync([Immutable] IReadOnlyList<ObjectWrite> writes);

    /// <summary>Reads the newest accepted version, which may not be durable yet. Base writes on it, but never show it. It misses no
    /// acknowledged write.</summary>
    [Alias("ReadForWrite")]
    Task<StoredObject?> ReadForWriteAsync(string @namespace, string name);

    /// <summary>Reads the newest accepted version and waits until it is durable. Use it for answers without a write.</summary>
    [Alias("ReadSettled")]
    Task<StoredObject?> ReadSettledAsync(string @namespace, string name);

    /// <summary>The newest durable revision, after everything accepted before the call is durable.</summary>
    [Alias("GetHead")]
    Task<long> GetHeadAsync();

    /// <summary>Returns changes after a revision.</summary>
    /// <param name="afterRevision">The last revision that the follower has.</param>
    /// <param name="follower">The follower's id.</param>
    /// <param name="waits">Whether to wait a moment for a change if there is none.</param>
    [Alias("Follow")]
    Task<ChangeBatch> FollowAsync(long afterRevision, Guid follower, bool waits);

    /// <summary>Waits until no silo takes a state before a durable revision for the present one.</summary>
    [Alias("WhenSeen")]
    Task WhenSeenAsync(long revision);

    /// <summary>Reads past changes with the objects before them, for a watch that resumes from before a cache's history. Does not
    /// wait.</summary>
    [Alias("ReadChanges")]
    Task<ChangeBatch> ReadChangesAsync(long afterRevision);

    /// <summary>Returns those of some claims that a durable or accepted object holds. Only the commit decides who gets a claim; this
    /// avoids claims that it would refuse.</summary>
    [Alias("FindHeld")]
    Task<IReadOnlyList<string>> FindHeldAsync([Immutable] IReadOnlyList<string> claims);

    /// <summary>Reads a page of the durable state after a key.</summary>
    [Alias("ReadSnapshot")]
    Task<SnapshotPage> ReadSnapshotAsync(string afterNamespace, string afterName);
}
