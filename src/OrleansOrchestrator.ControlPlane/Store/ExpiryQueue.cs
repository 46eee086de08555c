using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Finds objects whose time to live has passed since their last write, without looking at the others.</summary>
internal sealed class ExpiryQueue(TimeSpan timeToLive)
{
    private const int ExpiredMax = 1000;

    private readonly Queue<(DateTimeOffset Expires, ObjectKey Key, long Revision)> _queue = new();

    /// <summary>A queue of objects that exist already; their time starts now.</summary>
    public static ExpiryQueue Of(IEnumerable<StoredObject> objects, TimeSpan timeToLive, DateTimeOffset now)
    {
        var queue = new ExpiryQueue(timeToLive);
        foreach (var obj in objects)
            queue._queue.Enqueue((now + timeToLive, obj.Key, obj.Revision));
        return queue;
    }

    /// <summary>Takes note of a write.</summary>
    public void Note(StoredChange change, DateTimeOffset now)
    {
        if (change.Type != LogChangeType.Deleted)
            _queue.Enqueue((now + timeToLive, change.Object.Key, change.Revision));
    }

    /// <summary>Deletions of what has expired and was not written again; a bounded number at a time, and none when there is
    /// nothing more. What is still there after another time to live, because its deletion failed, is given again.</summary>
    public IReadOnlyList<ObjectWrite> TakeExpired(ObjectTree objects, DateTimeOffset now)
    {
        var expired = new List<ObjectWrite>();
        while (expired.Count < ExpiredMax && _queue.TryPeek(out var next) && next.Expires <= now)
        {
            _queue.Dequeue();
            if (objects.Find(next.Key) is not { } obj || obj.Revision != next.Revision)
                continue;
            expired.Add(new ObjectWrite(WriteType.Delete, next.Key.Namespace, next.Key.Name, null, obj.Revision, []));
            _queue.Enqueue(next with { Expires = now + timeToLive });
        }

        return expired;
    }
}
