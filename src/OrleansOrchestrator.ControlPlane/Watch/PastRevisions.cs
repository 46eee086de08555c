using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// The trees of earlier revisions that unfinished lists show. A tree is immutable, so that keeping the one a list began with costs only
/// what has been replaced since. Whatever is given up here can be worked out again from the changes since.
/// </summary>
internal sealed class PastRevisions(WatchOptions options, TimeProvider time)
{
    /// <param name="Tree">The objects.</param>
    /// <param name="ReplacedBefore">How many bytes the cache had replaced altogether when the tree was the present one, or was made.</param>
    /// <param name="OwnBytes">The bytes of objects that only this tree has, since it was made of changes.</param>
    /// <param name="UsedAt">When somebody last came for it.</param>
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

    /// <summary>Keeps the tree of a revision for whoever reads on.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="tree">Its objects.</param>
    /// <param name="replaced">How many bytes of objects the cache has replaced altogether so far.</param>
    /// <param name="ownBytes">How many bytes of objects only this tree has.</param>
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

    // What the trees share is counted once: all that was replaced since the oldest of them, at the most.
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
