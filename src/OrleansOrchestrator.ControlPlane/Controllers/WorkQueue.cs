using System.Diagnostics.CodeAnalysis;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// A rate-limited queue of keys: each is at most once in the queue and at most once at work. A key that comes again while
/// it is at work is queued when that work ends; one whose work failed waits for longer each time. Groups of keys take turns, so that a
/// namespace with very many keeps no other waiting. Time is an argument.
/// </summary>
/// <param name="name">Whose queue it is, for figures.</param>
/// <param name="backoffBase">The wait after the first failure.</param>
/// <param name="backoffMax">The longest wait after a failure.</param>
/// <param name="groupOf">The group of a key: its namespace.</param>
internal sealed class WorkQueue<TKey>(string name, TimeSpan backoffBase, TimeSpan backoffMax, Func<TKey, string> groupOf)
    where TKey : notnull
{
    private readonly KeyedBackoff<TKey> _backoff = new(new Backoff(backoffBase, backoffMax));
    private readonly FairQueue<TKey> _ready = new();
    private readonly Dictionary<TKey, DateTimeOffset> _queued = [];
    private readonly Dictionary<TKey, DateTimeOffset> _working = [];
    private readonly HashSet<TKey> _again = [];
    private readonly PriorityQueue<TKey, DateTimeOffset> _delayed = new();
    private readonly Dictionary<TKey, DateTimeOffset> _due = [];

    /// <summary>Its figures.</summary>
    public WorkQueueInstruments Instruments { get; } = new(name);

    /// <summary>The number of keys that are ready or at work.</summary>
    public int Count => _ready.Count + _working.Count;

    /// <summary>Wants a key to be reconciled now.</summary>
    /// <param name="key">The key.</param>
    /// <param name="now">The time.</param>
    public void Add(TKey key, DateTimeOffset now)
    {
        if (_working.ContainsKey(key))
        {
            _again.Add(key);
        }
        else if (_queued.TryAdd(key, now))
        {
            _ready.Enqueue(groupOf(key), key);
            Instruments.Added();
        }
    }

    /// <summary>Wants a key to be reconciled at a time. Of several times the earliest counts.</summary>
    public void AddAt(TKey key, DateTimeOffset due)
    {
        if (_due.TryGetValue(key, out var earlier) && earlier <= due)
            return;
        _due[key] = due;
        _delayed.Enqueue(key, due);
    }

    /// <summary>Takes the next key to work on.</summary>
    public bool TryTake(DateTimeOffset now, [MaybeNullWhen(false)] out TKey key)
    {
        while (_delayed.TryPeek(out var delayed, out var due) && due <= now)
        {
            _delayed.Dequeue();

            // An earlier time has taken the place of this one if they differ.
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
        Instruments.Taken(added, now);
        return true;
    }

    /// <summary>When the next delayed key is due; null if there is none.</summary>
    public DateTimeOffset? NextDue => _delayed.TryPeek(out _, out var due) ? due : null;

    /// <summary>Ends the work on a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="succeeded">Whether it succeeded; a failure is tried again after a back-off.</param>
    /// <param name="now">The time.</param>
    public void Done(TKey key, bool succeeded, DateTimeOffset now)
    {
        _working.Remove(key, out var begun);
        Instruments.Done(begun, succeeded, now);
        if (succeeded)
            _backoff.Succeed(key);
        else
            AddAt(key, _backoff.Fail(key, now));

        if (_again.Remove(key))
            Add(key, now);
    }
}
