using System.Text;
using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// Pages of lists, each list at one revision. A tree is immutable, so that keeping the one a list began with costs only
/// what has changed since.
/// </summary>
internal sealed class PagedSnapshots(WatchOptions options, TimeProvider time)
{
    /// <summary>Where a page ended, and how many follow: counted once when the list began, null where a selector picks among them.</summary>
    private sealed record Token(long Revision, string Namespace, string Name, long? Remaining);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, (ObjectTree Tree, DateTimeOffset Expires)> _snapshots = [];

    /// <summary>Reads a page.</summary>
    /// <param name="query">What to list; its token decides which revision.</param>
    /// <param name="current">The present state, for a first page.</param>
    /// <param name="revision">Its revision.</param>
    /// <exception cref="ApiException">400 for a token that is not ours, 410 for one that has expired.</exception>
    public ObjectPage Read(ListQuery query, ObjectTree current, long revision)
    {
        ObjectKey? after = null;
        var tree = current;
        long? remaining = null;
        if (query.Continue is not null)
        {
            var token = Parse(query.Continue);
            after = new ObjectKey(token.Namespace, token.Name);
            revision = token.Revision;
            remaining = token.Remaining;
            tree = Find(revision) ?? throw ApiErrors.Expired(
                "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.");
        }

        var objects = new List<StoredObject>();
        foreach (var obj in tree.Range(query.Filter.Namespace, after))
        {
            if (!query.Filter.Matches(obj))
                continue;
            if (query.Limit > 0 && objects.Count == query.Limit)
            {
                Keep(revision, tree);
                remaining = IsPicky(query.Filter) ? null : (remaining ?? tree.Range(query.Filter.Namespace, after).LongCount()) - objects.Count;
                var next = new Token(revision, objects[^1].Key.Namespace, objects[^1].Key.Name, remaining);
                return new ObjectPage(objects, revision, Format(next), remaining);
            }

            objects.Add(obj);
        }

        return new ObjectPage(objects, revision, null, null);
    }

    /// <summary>Whether more than the namespace decides what is listed: Kubernetes then tells no number either.</summary>
    private static bool IsPicky(ObjectFilter filter) => !filter.Labels.IsEverything || !filter.Fields.IsEverything;

    private static string Format(Token token) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(token));

    private static Token Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Token>(Encoding.UTF8.GetString(Convert.FromBase64String(text)))
                ?? throw new JsonException();
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw ApiErrors.BadRequest("continue key is not valid");
        }
    }

    private ObjectTree? Find(long revision)
    {
        lock (_gate)
        {
            DropExpired();
            return _snapshots.TryGetValue(revision, out var snapshot) ? snapshot.Tree : null;
        }
    }

    private void Keep(long revision, ObjectTree tree)
    {
        lock (_gate)
        {
            DropExpired();
            _snapshots[revision] = (tree, time.GetUtcNow() + options.ContinueLifetime);
            if (_snapshots.Count > options.ContinueSnapshotsMax)
                _snapshots.Remove(_snapshots.First().Key);
        }
    }

    private void DropExpired()
    {
        var now = time.GetUtcNow();
        while (_snapshots.Count > 0 && _snapshots.First() is var oldest && oldest.Value.Expires <= now)
            _snapshots.Remove(oldest.Key);
    }
}
