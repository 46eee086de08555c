using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Finds objects whose time to live has passed since their last write, without looking at the others. Times are monotonic, so
/// that a changed time of day has no effect.</summary>
internal sealed class ExpiryQueue(TimeSpan timeToLive)
{
    private readonly Queue<(TimeSpan Expires, ObjectKey Key, long Revision)> _queue = new();

    // Deletions that failed.
    private readonly Queue<(TimeSpan Expires, ObjectKey Key, long Revision)> _again = new();

    /// <summary>Makes a queue of existing objects; their time starts now.</summary>
    public static ExpiryQueue Of(IEnumerable<StoredObject> objects, TimeSpan timeToLive, TimeSpan now)
    {
        var queue = new ExpiryQueue(timeToLive);
        foreach (var obj in objects)
            queue._queue.Enqueue((now + timeToLive, obj.Key, obj.Revision));
        return queue;
    }

    /// <summary>Records a write.</summary>
    public void Note(StoredChange change, TimeSpan now)
    {
        if (change.Type != LogChangeType.Deleted)
            _queue.Enqueue((now + timeToLive, change.Object.Key, change.Revision));
    }

    /// <summary>Takes deletions of expired objects that were not written again; none if there are no more.</summary>
    /// <param name="objects">The durable objects.</param>
    /// <param name="now">The monotonic time.</param>
    /// <param name="max">The most to take.</param>
    public IReadOnlyList<ObjectWrite> TakeExpired(ObjectTree objects, TimeSpan now, int max)
    {
        var expired = new List<ObjectWrite>();
        while (expired.Count < max && TryDequeue(now, out var key, out var revision))
        {
            if (objects.Find(key) is { } obj && obj.Revision == revision)
                expired.Add(new ObjectWrite(WriteType.Delete, key.Namespace, key.Name, null, revision, []));
        }

        return expired;
    }

    /// <summary>Returns failed deletions to the queue.</summary>
    public void PutBack(IEnumerable<ObjectWrite> deletions)
    {
        foreach (var deletion in deletions)
            _again.Enqueue((TimeSpan.Zero, new ObjectKey(deletion.Namespace, deletion.Name), deletion.ExpectedRevision));
    }

    private bool TryDequeue(TimeSpan now, out ObjectKey key, out long revision)
    {
        var queue = _again.Count > 0 ? _again : _queue;
        var isDue = queue.TryPeek(out var next) && next.Expires <= now;
        if (isDue)
            queue.Dequeue();
        (_, key, revision) = next;
        return isDue;
    }
}
