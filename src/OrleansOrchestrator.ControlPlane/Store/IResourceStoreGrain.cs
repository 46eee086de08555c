using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The only writer of a resource: gives every change its place in one order, makes it durable in batches, and lets it be
/// seen only then. The key is the resource's name, as in <c>replicasets.apps</c>.
/// </summary>
[Alias("IResourceStoreGrain")]
internal interface IResourceStoreGrain : IGrainWithStringKey
{
    /// <summary>Commits writes, each on its own: some may succeed and others not. Answers in the order of the writes, when all
    /// of them are decided.</summary>
    [Alias("Commit")]
    Task<IReadOnlyList<CommitResult>> CommitAsync([Immutable] IReadOnlyList<ObjectWrite> writes);

    /// <summary>Reads the newest accepted version, which may not be durable yet: only to base a write on, never to show.
    /// No acknowledged write is missed.</summary>
    [Alias("ReadForWrite")]
    Task<StoredObject?> ReadForWriteAsync(string @namespace, string name);

    /// <summary>Reads the newest accepted version, and waits until it is durable: for what is told without writing.</summary>
    [Alias("ReadSettled")]
    Task<StoredObject?> ReadSettledAsync(string @namespace, string name);

    /// <summary>The newest durable revision. Waits until everything accepted before the call is durable.</summary>
    [Alias("GetHead")]
    Task<long> GetHeadAsync();

    /// <summary>Returns changes after a revision.</summary>
    /// <param name="afterRevision">Everything up to here is known to the follower.</param>
    /// <param name="follower">Who asks.</param>
    /// <param name="waits">Whether to wait for a change, for a moment, where there is none.</param>
    [Alias("Follow")]
    Task<ChangeBatch> FollowAsync(long afterRevision, Guid follower, bool waits);

    /// <summary>Waits until no silo takes a state before a durable revision for the present one.</summary>
    [Alias("WhenSeen")]
    Task WhenSeenAsync(long revision);

    /// <summary>Reads changes in the past, with the objects before them, for a watch that resumes further back than a cache remembers;
    /// does not wait.</summary>
    [Alias("ReadChanges")]
    Task<ChangeBatch> ReadChangesAsync(long afterRevision);

    /// <summary>Tells which of some claims are held at the moment, by an object that is durable or about to be. Only the commit decides who
    /// gets one: this spares it claims that it would refuse.</summary>
    [Alias("FindHeld")]
    Task<IReadOnlyList<string>> FindHeldAsync([Immutable] IReadOnlyList<string> claims);

    /// <summary>Reads a page of the durable state after a key.</summary>
    [Alias("ReadSnapshot")]
    Task<SnapshotPage> ReadSnapshotAsync(string afterNamespace, string afterName);
}
