using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// The trees of earlier revisions for unfinished lists. Because a tree is immutable, keeping one costs only the objects that have been
/// replaced since. A dropped tree can be rebuilt from the changes since.
/// </summary>
internal sealed class PastRevisions(WatchOptions options, TimeProvider time)
{
    /// <param name="Tree">The objects.</param>
    /// <param name="ReplacedBefore">The bytes that the cache had replaced in total when the tree was current, or was built.</param>
    /// <param name="OwnBytes">The bytes of objects that only this tree holds, because it was built from changes.</param>
    /// <param name="UsedAt">When it was last used.</param>
    private sealed record Kept(ObjectTree Tree, long ReplacedBefore, long OwnBytes, long UsedAt);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Kept> _kept = [];

    /// <summary>The tree of a revision; null if it is not kept.</summary>
    public ObjectTree? Find(long revision)
    {
        lock (_gate)
        {
            DropUnused();
            if (!_kept.TryGetValue(revision, out var kept))
                return null;
            _kept[revision] = kept with { UsedAt = time.GetTimestamp() };
            return kept.Tree;
        }
    }

    /// <summary>Keeps the tree of a revision for later pages.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="tree">Its objects.</param>
    /// <param name="replaced">The bytes of objects that the cache has replaced in total so far.</param>
    /// <param name="ownBytes">The bytes of objects that only this tree holds.</param>
    public void Keep(long revision, ObjectTree tree, long replaced, long ownBytes)
    {
        lock (_gate)
        {
            DropUnused();
            var before = _kept.TryGetValue(revision, out var known) ? known : new Kept(tree, replaced, ownBytes, 0);
            _kept[revision] = before with { UsedAt = time.GetTimestamp() };
            while (_kept.Count > options.ContinueSnapshotsMax || (_kept.Count > 0 && BytesKept(replaced) > options.ContinueBytesMax))
                _kept.Remove(_kept.MinBy(kept => kept.Value.UsedAt).Key);
        }
    }

    // Counts shared objects once: at most what was replaced since the oldest tree.
    private long BytesKept(long replaced) =>
        replaced - _kept.Values.Min(kept => kept.ReplacedBefore) + _kept.Values.Sum(kept => kept.OwnBytes);

    private void DropUnused()
    {
        foreach (var (revision, kept) in _kept)
        {
            if (time.GetElapsedTime(kept.UsedAt) >= options.ContinueLifetime)
                _kept.Remove(revision);
        }
    }
}
