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
/// is this write if it stores the same bytes. A deletion looks like any other deletion, and a creation that has been
/// overwritten has no revision to look from: these stay unknown, since a guess could acknowledge what never happened.
/// </remarks>
internal sealed class WriteOutcomes(StoreClient store, ResourceDefinition definition)
{
    private const int BatchesMax = 20;

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
            return await ResolveCreationAsync(key, write, cancellationToken);
        if (refusal.Status == WriteStatus.ClaimTaken)
            return refusal;
        var (next, isComplete) = await FindNextAsync(key, write.ExpectedRevision, cancellationToken);
        if (next is null)
            return isComplete ? refusal : Unknown;
        if (write.Type == WriteType.Delete)
            return next.Type == LogChangeType.Deleted ? Unknown : refusal;
        return next.Type != LogChangeType.Deleted && IsSame(next.Object, write)
            ? new WriteResult(WriteStatus.Committed, next.Object)
            : refusal;
    }

    private async Task<WriteResult> ResolveCreationAsync(ObjectKey key, ObjectWrite write, CancellationToken cancellationToken)
    {
        var present = await store.ReadSettledAsync(definition, key, cancellationToken);
        return present is not null && IsSame(present, write) ? new WriteResult(WriteStatus.Committed, present) : Unknown;
    }

    /// <summary>The first durable change of an object after a revision, and whether the history has been read to its end.</summary>
    private async Task<(StoredChange? Change, bool IsComplete)> FindNextAsync(ObjectKey key, long after, CancellationToken cancellationToken)
    {
        for (var i = 0; i < BatchesMax; i++)
        {
            var batch = await store.ReadChangesAsync(definition, after).WaitAsync(cancellationToken);
            if (batch.IsCompacted)
                return (null, false);
            if (batch.Changes.FirstOrDefault(change => change.Object.Key == key) is { } change)
                return (change, true);
            after = batch.Changes.Count > 0 ? batch.Changes[^1].Revision : batch.Head;
            if (after >= batch.Head)
                return (null, true);
        }

        return (null, false);
    }

    private static bool IsSame(StoredObject stored, ObjectWrite write) =>
        write.Json is { } json && RevisionSplice.EqualsIgnoringRevision(stored.Json.Span, json.Span);
}
