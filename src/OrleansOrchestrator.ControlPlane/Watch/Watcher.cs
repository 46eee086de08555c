using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// One watch. It is <em>synced</em> while the cache offers it every event that concerns it. When its buffer is full it is
/// <em>behind</em>: it costs the cache nothing, and reads from the history once its reader has drained the buffer.
/// </summary>
/// <remarks>The cache offers changes one after another outside its lock. The buffer has a lock of its own (invariant I5).</remarks>
/// <param name="cache">The cache.</param>
/// <param name="filter">The watch's filter.</param>
/// <param name="eventsMax">The most events in its buffer.</param>
/// <param name="bytesMax">The most bytes of the objects in its buffer.</param>
/// <param name="after">The revision to begin after. The watcher is behind until it has caught up from there, or has started over.</param>
internal sealed class Watcher(WatchCache cache, ObjectFilter filter, int eventsMax, long bytesMax, long after)
{
    private readonly Lock _gate = new();
    private readonly WakeSignal _ready = new();
    private List<WatchEvent> _buffer = [];

    // Unfiltered changes that precede the buffer. The reader filters them.
    private List<StoredChange> _unselected = [];
    private ApiException? _ended;
    private long _bufferBytes;
    private long _seen = after;
    private bool _isBehind = true;

    /// <summary>The watch's filter.</summary>
    public ObjectFilter Filter => filter;

    /// <summary>The revision up to which all changes have been offered. It may be ahead of the cache after a read from the store.</summary>
    public long Seen => Volatile.Read(ref _seen);

    /// <summary>Offers the next change. Called by the cache in revision order.</summary>
    public void Offer(StoredChange change)
    {
        lock (_gate)
        {
            if (_isBehind || _ended is not null || change.Revision <= _seen)
                return;
            if (_buffer.Count >= eventsMax || _bufferBytes >= bytesMax)
            {
                _isBehind = true;
                return;
            }

            _seen = change.Revision;
            if (ChangeView.For(change, filter) is not { } @event)
                return;
            _buffer.Add(@event);
            _bufferBytes += BytesOf(@event);
            _ready.Wake();
        }
    }

    /// <summary>Ends the watch with an error, after the events in its buffer.</summary>
    public void End(ApiException why)
    {
        lock (_gate)
        {
            _ended = why;
            _ready.Wake();
        }
    }

    /// <summary>Waits for events and takes all at hand; a bookmark if there are none for a while.</summary>
    /// <exception cref="ApiException">The watch has ended.</exception>
    public async Task<IReadOnlyList<WatchEvent>> ReadAsync(TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task ready;
            bool isBehind;
            List<StoredChange> unselected;
            List<WatchEvent> events = [];
            lock (_gate)
            {
                unselected = _unselected;
                if (unselected.Count > 0 || _buffer.Count > 0)
                    events = TakeBuffer();
                else if (_ended is not null)
                    throw _ended;
                ready = events.Count == 0 ? _ready.Next : Task.CompletedTask;
                isBehind = _isBehind;
            }

            if (unselected.Count > 0 || events.Count > 0)
            {
                events.InsertRange(0, unselected.Select(change => ChangeView.For(change, filter)).OfType<WatchEvent>());
                if (events.Count > 0)
                    return events;
                continue;
            }

            if (isBehind)
            {
                await cache.CatchUpAsync(this, cancellationToken);
                continue;
            }

            if (await ready.CompletesWithinAsync(wait, time, cancellationToken))
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            if (cache.BookmarkFor(this) is { } revision)
                return [new WatchEvent(WatchEventType.Bookmark, revision, null)];
        }
    }

    /// <summary>The revision up to which the reader has seen everything; null if events are waiting. Called under the cache's
    /// lock.</summary>
    /// <param name="offeredUpTo">The revision up to which the cache has offered everything.</param>
    public long? SeenUpTo(long offeredUpTo)
    {
        lock (_gate)
            return _buffer.Count == 0 && _unselected.Count == 0 && !_isBehind && _ended is null ? Math.Max(offeredUpTo, _seen) : null;
    }

    /// <summary>Buffers the missed events up to a revision. The watcher stays behind.</summary>
    public void Resume(List<WatchEvent> missed, long revision)
    {
        lock (_gate)
        {
            _buffer.AddRange(missed);
            foreach (var @event in missed)
                _bufferBytes += BytesOf(@event);
            _seen = Math.Max(_seen, revision);
            if (_buffer.Count > 0)
                _ready.Wake();
        }
    }

    /// <summary>Makes a watcher with an empty buffer synced again. Called under the cache's lock.</summary>
    /// <param name="last">The last missed changes, which its reader filters.</param>
    /// <param name="revision">The revision of the last change.</param>
    public void ResumeSynced(List<StoredChange> last, long revision)
    {
        lock (_gate)
        {
            _unselected = last;
            _seen = Math.Max(_seen, revision);
            _isBehind = false;
            if (last.Count > 0)
                _ready.Wake();
        }
    }

    private static long BytesOf(in WatchEvent @event) => @event.Object?.Json.Length ?? 0;

    private List<WatchEvent> TakeBuffer()
    {
        var events = _buffer;
        _buffer = [];
        _unselected = [];
        _bufferBytes = 0;
        return events;
    }
}
