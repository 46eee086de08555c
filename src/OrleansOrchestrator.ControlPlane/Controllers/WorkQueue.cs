using System.Diagnostics.CodeAnalysis;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// A rate-limited queue of keys. A key is in the queue at most once and in work at most once. A key that is added while it is in work
/// is queued again when that work ends; a failed key waits longer each time. After its work a key may rest: what can wait
/// (<see cref="AddBatched"/>) then waits for the end of the rest, so that many changes become one look. Groups of keys take turns, so
/// that a large namespace does not delay the others. The current time is an argument.
/// </summary>
/// <param name="name">The queue's name in metrics.</param>
/// <param name="backoffBase">The wait after the first failure.</param>
/// <param name="backoffMax">The longest wait after a failure.</param>
/// <param name="groupOf">The group of a key, which is its namespace.</param>
internal sealed class WorkQueue<TKey>(string name, TimeSpan backoffBase, TimeSpan backoffMax, Func<TKey, string> groupOf)
    where TKey : notnull
{
    // How many entries of replaced times may wait, in addition to as many as there are keys.
    private const int ReplacedMax = 64;

    private readonly KeyedBackoff<TKey> _backoff = new(new Backoff(backoffBase, backoffMax));
    private readonly FairQueue<TKey> _ready = new();
    private readonly Dictionary<TKey, DateTimeOffset> _queued = [];
    private readonly Dictionary<TKey, DateTimeOffset> _working = [];

    // Keys that were added while in work, and whether one of those additions cannot wait.
    private readonly Dictionary<TKey, bool> _again = [];

    // Keys that rest, and whether they are wanted when the rest ends. The entry of each among the ends is at its next look, which may
    // come before the end; other entries are of rests that were replaced.
    private readonly Dictionary<TKey, (DateTimeOffset Until, DateTimeOffset NextLook, bool IsWanted)> _resting = [];
    private readonly PriorityQueue<TKey, DateTimeOffset> _restEnds = new();
    private readonly PriorityQueue<TKey, DateTimeOffset> _delayed = new();
    private readonly Dictionary<TKey, DateTimeOffset> _due = [];

    /// <summary>The queue's metrics.</summary>
    public WorkQueueInstruments Instruments { get; } = new(name);

    /// <summary>The number of keys and times that wait for a later time, replaced ones included.</summary>
    internal int DelayedCount => _delayed.Count + _due.Count;

    /// <summary>The number of keys that are ready or in work.</summary>
    public int Count => _ready.Count + _working.Count;

    /// <summary>Queues a key now.</summary>
    /// <param name="key">The key.</param>
    /// <param name="now">The time.</param>
    public void Add(TKey key, DateTimeOffset now)
    {
        if (_working.ContainsKey(key))
        {
            _again[key] = true;
        }
        else if (_queued.TryAdd(key, now))
        {
            _ready.Enqueue(groupOf(key), key);
            Instruments.Added();
        }
    }

    /// <summary>Queues a key now, or if it rests, at the end of its rest.</summary>
    /// <param name="key">The key.</param>
    /// <param name="now">The time.</param>
    public void AddBatched(TKey key, DateTimeOffset now)
    {
        if (_working.ContainsKey(key))
            _again.TryAdd(key, false);
        else if (_resting.TryGetValue(key, out var rest) && rest.Until > now)
            _resting[key] = rest with { IsWanted = true };
        else
            Add(key, now);
    }

    /// <summary>Queues a key at a later time. Of several times the earliest counts.</summary>
    public void AddAt(TKey key, DateTimeOffset due)
    {
        if (_due.TryGetValue(key, out var earlier) && earlier <= due)
            return;
        _due[key] = due;
        _delayed.Enqueue(key, due);
        if (_delayed.Count > (2 * _due.Count) + ReplacedMax)
            ForgetReplaced();
    }

    /// <summary>Takes the next key to work on.</summary>
    public bool TryTake(DateTimeOffset now, [MaybeNullWhen(false)] out TKey key)
    {
        AddRested(now);
        while (_delayed.TryPeek(out var delayed, out var due) && due <= now)
        {
            _delayed.Dequeue();

            // Skips an entry that an earlier time has replaced.
            if (_due.TryGetValue(delayed, out var wanted) && wanted == due)
            {
                _due.Remove(delayed);
                Add(delayed, now);
            }
        }

        if (!_ready.TryDequeue(out key))
            return false;
        _queued.Remove(key, out var added);
        _working.Add(key, now);

        // This look says when the next one is wanted. A key that is gone is not wanted any more.
        _due.Remove(key);

        // This look sees what the others were to see.
        if (_resting.TryGetValue(key, out var rest))
            _resting[key] = rest with { IsWanted = false };
        Instruments.Taken(added, now);
        return true;
    }

    /// <summary>When the next delayed key is due, or the next rest ends; null if there is neither.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            DateTimeOffset? due = _delayed.TryPeek(out _, out var delayed) ? delayed : null;
            return _restEnds.TryPeek(out _, out var end) && !(due <= end) ? end : due;
        }
    }

    /// <summary>Ends the work on a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="succeeded">Whether the work succeeded; a failed key is retried after a back-off.</param>
    /// <param name="now">The time.</param>
    /// <param name="rest">How long the key rests.</param>
    public void Done(TKey key, bool succeeded, DateTimeOffset now, TimeSpan rest = default)
    {
        _working.Remove(key, out var begun);
        Instruments.Done(begun, succeeded, now);
        if (succeeded)
            _backoff.Succeed(key);
        else
            AddAt(key, _backoff.Fail(key, now));

        if (rest > TimeSpan.Zero)
            Rest(key, Waits.After(now, rest));
        if (!_again.Remove(key, out var isUrgent))
            return;
        if (isUrgent)
            Add(key, now);
        else
            AddBatched(key, now);
    }

    /// <summary>Forgets the entries of times that others have replaced, so that there are never many more of them than keys.</summary>
    private void ForgetReplaced()
    {
        _delayed.Clear();
        _delayed.EnqueueRange(_due.Select(due => (due.Key, due.Value)));
    }

    private void Rest(TKey key, DateTimeOffset until)
    {
        var isFirst = !_resting.TryGetValue(key, out var present) || until < present.NextLook;
        if (isFirst)
            _restEnds.Enqueue(key, until);
        _resting[key] = (until, isFirst ? until : present.NextLook, false);
    }

    /// <summary>Queues the keys that were wanted during a rest that has ended.</summary>
    private void AddRested(DateTimeOffset now)
    {
        while (_restEnds.TryPeek(out var key, out var end) && end <= now)
        {
            _restEnds.Dequeue();
            if (!_resting.TryGetValue(key, out var rest) || rest.NextLook != end)
                continue;
            if (rest.Until > now)
            {
                _restEnds.Enqueue(key, rest.Until);
                _resting[key] = rest with { NextLook = rest.Until };
                continue;
            }

            _resting.Remove(key);
            if (rest.IsWanted)
                Add(key, now);
        }
    }
}
