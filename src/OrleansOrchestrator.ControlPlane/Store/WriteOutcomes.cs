using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Finds out what became of a write whose answer was lost, and which is refused when it is tried again. The refusal may be
/// its own doing, or somebody else's.
/// </summary>
/// <remarks>
/// A write with a revision can only be the first change of its object after that revision. The history has that change: it
/// is this write if it stores the same bytes. A creation has no revision, but cannot be older than what was known before it
/// was first sent; its bytes have a uid of their own. A deletion looks like any other deletion: whose it was stays unknown,
/// since a guess could acknowledge what never happened.
/// </remarks>
/// <param name="store">Where the history is.</param>
/// <param name="definition">The kind.</param>
/// <param name="before">A revision that was durable before the first try.</param>
internal sealed class WriteOutcomes(StoreClient store, ResourceDefinition definition, long before)
{
    private const int BatchesMax = 100;

    private static readonly WriteResult Unknown = new(
        WriteStatus.Unknown, Detail: "the store moved during the write, and whether it happened cannot be told");

    /// <summary>What is known now.</summary>
    /// <param name="write">The write.</param>
    /// <param name="refusal">How its last try was refused, which rests on what is durable.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<WriteResult> ResolveAsync(ObjectWrite write, WriteResult refusal, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(write.Namespace, write.Name);
        if (write.Type == WriteType.Create)
            return await FindCreationAsync(write, cancellationToken) ?? refusal;
        if (refusal.Status == WriteStatus.ClaimTaken)
            return refusal;
        var (next, isComplete) = await FindAsync(write.ExpectedRevision, change => change.Object.Key == key, cancellationToken);
        if (next is null)
            return isComplete ? refusal : Unknown;
        if (write.Type == WriteType.Delete)
            return next.Type == LogChangeType.Deleted ? Unknown : refusal;
        return next.Type != LogChangeType.Deleted && IsSame(next.Object, write)
            ? new WriteResult(WriteStatus.Committed, next.Object)
            : refusal;
    }

    /// <summary>
    /// Looks for a creation before it is tried again: that its object does not exist is no proof, since whoever saw it may have
    /// deleted it, and would not expect it to come back.
    /// </summary>
    /// <returns>Null if it has not happened.</returns>
    public async Task<WriteResult?> FindCreationAsync(ObjectWrite write, CancellationToken cancellationToken)
    {
        // What lives in memory only went with the store that may have made it.
        if (definition.Durability == Durability.Volatile)
            return null;
        var key = new ObjectKey(write.Namespace, write.Name);
        var (made, isComplete) = await FindAsync(before, change => change.Object.Key == key && IsSame(change.Object, write), cancellationToken);
        if (made is not null)
            return new WriteResult(WriteStatus.Committed, made.Object);
        return isComplete ? null : Unknown;
    }

    /// <summary>The first durable change after a revision that is meant, and whether the history has been read to its present end.</summary>
    private async Task<(StoredChange? Change, bool IsComplete)> FindAsync(
        long after, Func<StoredChange, bool> isMeant, CancellationToken cancellationToken)
    {
        var head = await store.GetHeadAsync(definition).WaitAsync(cancellationToken);
        for (var i = 0; i < BatchesMax; i++)
        {
            var batch = await store.ReadChangesAsync(definition, after).WaitAsync(cancellationToken);
            if (batch.IsCompacted)
                return (null, false);
            if (batch.Changes.FirstOrDefault(isMeant) is { } change)
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
