using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Watch;

internal sealed partial class WatchCache
{
    // The changes read from the history at a time, so that the lock is held for moments only.
    private const int HistoryStep = 1000;

    /// <summary>A page of the matching objects. All pages of a list show one revision, whichever silo serves them.</summary>
    /// <exception cref="ApiException">400: the token is not ours; 410: the changes since its revision are gone.</exception>
    public async ValueTask<ObjectPage> SelectPageAsync(ListQuery query, CancellationToken cancellationToken)
    {
        if (query.Continue is { } text)
            return await ContinueAsync(query, ContinueToken.Parse(text), cancellationToken);
        await EnsureFreshAsync(query.Freshness, cancellationToken);
        if (query.Freshness is { Exact: true, MinimumRevision: { } exact })
        {
            var past = await FindPastAsync(exact, cancellationToken)
                ?? throw ApiErrors.Expired("The resourceVersion for the provided list is too old.");
            return Page(query, past, exact, null);
        }

        if (query.Limit <= 0)
        {
            var (all, revision) = Select(query.Filter);
            return new ObjectPage(all, revision, null, null);
        }

        var (tree, at, _) = Present();
        return Page(query, tree, at, null);
    }

    private async Task<ObjectPage> ContinueAsync(ListQuery query, ContinueToken token, CancellationToken cancellationToken)
    {
        if (token.Revision == ContinueToken.AnyRevision)
        {
            await EnsureFreshAsync(Freshness.Latest, cancellationToken);
            var (tree, at, _) = Present();
            return Page(query, tree, at, token);
        }

        await EnsureFreshAsync(Freshness.AtLeast(token.Revision), cancellationToken);
        var past = await FindPastAsync(token.Revision, cancellationToken)
            ?? throw TooOld(token with { Revision = ContinueToken.AnyRevision, Remaining = null });
        return Page(query, past, token.Revision, token);
    }

    private ObjectPage Page(ListQuery query, ObjectTree tree, long revision, ContinueToken? token)
    {
        var objects = new List<StoredObject>();
        var after = token?.After();
        foreach (var obj in tree.Range(query.Filter.Namespace, after))
        {
            if (!query.Filter.Matches(obj))
                continue;
            if (query.Limit > 0 && objects.Count == query.Limit)
            {
                _past.Keep(revision, tree, Volatile.Read(ref _replacedBytes), ownBytes: 0);
                long? remaining = HasSelector(query.Filter)
                    ? null
                    : (token?.Remaining ?? tree.Range(query.Filter.Namespace, after).LongCount()) - objects.Count;
                var next = new ContinueToken(revision, objects[^1].Key.Namespace, objects[^1].Key.Name, remaining);
                return new ObjectPage(objects, revision, next.Format(), remaining);
            }

            objects.Add(obj);
        }

        return new ObjectPage(objects, revision, null, null);
    }

    /// <summary>The tree of a past revision: kept for an unfinished list, or rebuilt from the present one and the changes since.</summary>
    /// <returns>Null if the changes since are gone or too many.</returns>
    private async Task<ObjectTree?> FindPastAsync(long revision, CancellationToken cancellationToken)
    {
        if (_past.Find(revision) is { } kept)
            return kept;
        var (present, at, replaced) = Present();
        if (at == revision)
            return present;
        if (await ReadReplacedAsync(revision, at, cancellationToken) is not var (objects, bytes))
            return null;
        var tree = present.With(objects);
        _past.Keep(revision, tree, replaced, bytes);
        return tree;
    }

    /// <summary>The state, at a revision, of all objects that changed from there to a later revision.</summary>
    /// <returns>The objects by key, null for those that did not exist, and their bytes; null if they cannot be determined.</returns>
    private async Task<(Dictionary<ObjectKey, StoredObject?> Objects, long Bytes)?> ReadReplacedAsync(
        long revision, long upTo, CancellationToken cancellationToken)
    {
        var replaced = new Dictionary<ObjectKey, StoredObject?>();
        var bytes = 0L;
        var count = 0;
        while (revision < upTo)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await ReadStepAsync(revision) is not { } changes)
                return null;
            foreach (var change in changes)
            {
                // Of several changes of an object the first one has the earlier state.
                revision = change.Revision;
                if (revision > upTo)
                    break;
                var previous = change.Type == LogChangeType.Added ? null : change.Previous;
                if (change.Type != LogChangeType.Added && previous is null)
                    return null;
                if (replaced.TryAdd(change.Object.Key, previous))
                    bytes += previous?.Json.Length ?? 0;
                if (++count > _options.ContinueChangesMax || bytes > _options.ContinueBytesMax)
                    return null;
            }

            if (changes.Count == 0)
                break;
        }

        return (replaced, bytes);
    }

    /// <summary>The next changes after a revision, from memory or from the store; null if they are gone.</summary>
    private async Task<IReadOnlyList<StoredChange>?> ReadStepAsync(long after)
    {
        lock (_gate)
        {
            if (_history.After(after, HistoryStep) is { } recent)
                return recent;
        }

        var batch = await AskAsync(_store.ReadChangesAsync(Definition, after));
        return batch.IsCompacted ? null : [.. batch.Changes.Select(Own)];
    }

    private (ObjectTree Tree, long Revision, long ReplacedBytes) Present()
    {
        lock (_gate)
            return (_tree, _treeRevision, _replacedBytes);
    }

    /// <summary>Whether a selector restricts the list. As in Kubernetes, the remaining count is then unknown.</summary>
    private static bool HasSelector(ObjectFilter filter) => !filter.Labels.IsEverything || !filter.Fields.IsEverything;

    private static ApiException TooOld(ContinueToken instead)
    {
        var expired = ApiErrors.Expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
            + "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
            + "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
            + "returned and now may show up in the list.");
        (expired.Status.Metadata ??= new()).ContinueProperty = instead.Format();
        return expired;
    }
}
