using System.Diagnostics.CodeAnalysis;

namespace OrleansOrchestrator.Loops;

/// <summary>
/// A queue whose groups take turns, so that a group with many items does not delay the others. When the queue is full, the largest
/// group loses its oldest item. Not safe for concurrent use.
/// </summary>
/// <param name="itemsMax">The capacity of the queue.</param>
public sealed class FairQueue<TItem>(int itemsMax = int.MaxValue)
{
    private readonly Dictionary<string, Queue<TItem>> _groups = new(StringComparer.Ordinal);
    private readonly Queue<string> _turns = new();

    /// <summary>The number of items in the queue.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an item behind the others of its group.</summary>
    /// <returns>False if an item was dropped to make room.</returns>
    public bool Enqueue(string group, TItem item)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (!_groups.TryGetValue(group, out var items))
        {
            _groups.Add(group, items = new Queue<TItem>());
            _turns.Enqueue(group);
        }

        items.Enqueue(item);
        if (++Count <= itemsMax)
            return true;
        // A group above its share loses an item of its own. Otherwise the largest group loses one.
        var fullest = items.Count > itemsMax / _groups.Count ? items : _groups.Values.MaxBy(queue => queue.Count)!;
        fullest.Dequeue();
        Count--;
        return false;
    }

    /// <summary>Takes the oldest item of the group whose turn it is.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out TItem item)
    {
        while (_turns.TryDequeue(out var group))
        {
            var items = _groups[group];
            if (items.TryDequeue(out item))
            {
                Count--;
                _turns.Enqueue(group);
                return true;
            }

            _groups.Remove(group);
        }

        item = default;
        return false;
    }
}
