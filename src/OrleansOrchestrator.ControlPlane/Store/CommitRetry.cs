using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// One commit of several writes, repeated while its store moves until each write is decided. It records what is known of each write. If
/// the answer to a write was lost and its next attempt is refused, it finds out whether the first attempt or another writer caused the
/// refusal.
/// </summary>
/// <remarks>
/// A write with an expected revision can only be the first change of its object after that revision. The history has that change: it is
/// this write if it stores the same bytes. A creation has no expected revision, but cannot be older than the durable head before it was
/// first sent, and its bytes contain a unique uid. Deletions all look alike: whose deletion it was stays unknown, since a guess could
/// acknowledge what never happened.
/// </remarks>
/// <param name="store">Reads the history.</param>
/// <param name="definition">The kind.</param>
/// <param name="writes">The writes.</param>
/// <param name="before">A revision that was durable before the first attempt.</param>
internal sealed class CommitRetry(IStoreReader store, ResourceDefinition definition, IReadOnlyList<ObjectWrite> writes, long before)
{
    // Bounds the search at 100 batches of the history, far more than is written during one call. Beyond it the outcome is reported as
    // unknown.
    private const int BatchesMax = 100;

    private static readonly CommitResult Unknown = new(
        CommitStatus.Unknown, Detail: "the store moved during the write, and whether it happened cannot be told");

    private readonly CommitResult?[] _decided = new CommitResult?[writes.Count];
    private readonly bool[] _mayHaveHappened = new bool[writes.Count];
    private int _left = writes.Count;

    /// <summary>Whether all writes are decided.</summary>
    public bool IsDecided => _left == 0;

    /// <summary>Why the last attempt left writes undecided.</summary>
    public string Why { get; private set; } = "the object store is not available";

    /// <summary>What is known of each write after the last attempt, in their order.</summary>
    public IReadOnlyList<CommitResult> Results() =>
        [.. _decided.Select((result, i) => result ?? new CommitResult(_mayHaveHappened[i] ? CommitStatus.Unknown : CommitStatus.Unavailable, Detail: Why))];

    /// <summary>Attempts the undecided writes.</summary>
    /// <param name="commit">Sends some of the writes to the store.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task TryAsync(Func<IReadOnlyList<ObjectWrite>, Task<IReadOnlyList<CommitResult>>> commit, CancellationToken cancellationToken)
    {
        // A missing object does not prove that the creation failed: another client may have seen the object and deleted it, and would
        // not expect it to come back.
        foreach (var i in Open().Where(i => _mayHaveHappened[i] && writes[i].Type == WriteType.Create))
        {
            if (await FindCreationAsync(writes[i], cancellationToken) is { } found)
                Decide(i, found);
        }

        var open = Open();
        if (open.Count == 0)
            return;
        var results = await commit(open.Count == writes.Count ? writes : [.. open.Select(i => writes[i])]);
        for (var i = 0; i < results.Count; i++)
        {
            if (NeedsResolution(open[i], results[i]))
                Decide(open[i], await ResolveAsync(writes[open[i]], results[i], cancellationToken));
            else
                Note(open[i], results[i]);
        }
    }

    /// <summary>Records an attempt without an answer.</summary>
    public void NoteFailure(Exception failure)
    {
        Why = StoreFaults.Describe(failure);
        if (StoreFaults.IsCertainlyNotExecuted(failure))
            return;
        foreach (var write in Open())
            _mayHaveHappened[write] = true;
    }

    private List<int> Open() => [.. Enumerable.Range(0, writes.Count).Where(i => _decided[i] is null)];

    /// <summary>Whether an answer refuses something that an earlier attempt may have done.</summary>
    private bool NeedsResolution(int write, CommitResult answer) => _mayHaveHappened[write]
        && answer.Status is CommitStatus.AlreadyExists or CommitStatus.NotFound or CommitStatus.Conflict or CommitStatus.ClaimTaken or CommitStatus.QuotaExceeded;

    private void Note(int write, CommitResult answer)
    {
        switch (answer.Status)
        {
            case CommitStatus.Unknown:
                _mayHaveHappened[write] = true;
                Why = answer.Detail ?? Why;
                break;
            case CommitStatus.Unavailable or CommitStatus.Overloaded or CommitStatus.DatabaseAway when _mayHaveHappened[write]:
            case CommitStatus.Unavailable when writes.Count == 1:
                Why = answer.Detail ?? Why;
                break;
            default:
                Decide(write, answer);
                break;
        }
    }

    private void Decide(int write, CommitResult result)
    {
        _decided[write] = result;
        _left--;
    }

    /// <summary>Decides a write whose latest attempt was refused. The refusal is based on durable state.</summary>
    private async Task<CommitResult> ResolveAsync(ObjectWrite write, CommitResult refusal, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(write.Namespace, write.Name);
        if (write.Type == WriteType.Create)
            return await FindCreationAsync(write, cancellationToken) ?? refusal;
        if (refusal.Status is CommitStatus.ClaimTaken or CommitStatus.QuotaExceeded)
            return refusal;
        var (next, isComplete) = await FindAsync(write.ExpectedRevision, change => change.Object.Key == key, cancellationToken);
        if (next is null)
            return isComplete ? refusal : Unknown;
        if (write.Type == WriteType.Delete)
            return next.Type == LogChangeType.Deleted ? Unknown : refusal;
        return next.Type != LogChangeType.Deleted && IsSame(next.Object, write)
            ? new CommitResult(CommitStatus.Committed, next.Object)
            : refusal;
    }

    /// <summary>Looks for a creation in the history.</summary>
    /// <returns>Null if it did not happen.</returns>
    private async Task<CommitResult?> FindCreationAsync(ObjectWrite write, CancellationToken cancellationToken)
    {
        // Objects that live in memory only are lost with the store that may have created them.
        if (definition.Durability == Durability.Volatile)
            return null;
        var key = new ObjectKey(write.Namespace, write.Name);
        var (made, isComplete) = await FindAsync(before, change => change.Object.Key == key && IsSame(change.Object, write), cancellationToken);
        if (made is not null)
            return new CommitResult(CommitStatus.Committed, made.Object);
        return isComplete ? null : Unknown;
    }

    /// <summary>Finds the first matching durable change after a revision, and tells whether the history was read to its end.</summary>
    private async Task<(StoredChange? Change, bool IsComplete)> FindAsync(
        long after, Func<StoredChange, bool> matches, CancellationToken cancellationToken)
    {
        var head = await store.GetHeadAsync(definition).WaitAsync(cancellationToken);
        for (var i = 0; i < BatchesMax; i++)
        {
            var batch = await store.ReadChangesAsync(definition, after).WaitAsync(cancellationToken);
            if (batch.IsCompacted)
                return (null, false);
            if (batch.Changes.FirstOrDefault(matches) is { } change)
                return (change, true);
            after = batch.Changes.Count > 0 ? batch.Changes[^1].Revision : batch.Head;
            if (after >= head)
                return (null, true);
        }

        return (null, false);
    }

    private static bool IsSame(StoredObject stored, ObjectWrite write) =>
        write.Json is { } json && RevisionSplice.EqualsIgnoringRevision(stored.Json.Span, json.Span);
}
