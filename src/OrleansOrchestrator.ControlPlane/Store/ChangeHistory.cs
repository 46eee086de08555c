namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The newest changes of a resource in memory, in revision order, bounded by count, bytes and age. Followers and watches resume from it
/// without the database.
/// </summary>
internal sealed class ChangeHistory(int changesMax, long bytesMax)
{
    // Most resources rarely change: an empty history takes 128 bytes.
    private const int SmallestRing = 16;

    private StoredChange[] _ring = new StoredChange[SmallestRing];
    private int _first;
    private int _count;
    private long _bytes;
    private long _newestWhenAged;

    /// <summary>All changes after this revision are in the history.</summary>
    public long CompleteAfter { get; private set; }

    /// <summary>The revision of the newest change; <see cref="CompleteAfter"/> if there is none.</summary>
    public long Newest => _count > 0 ? At(_count - 1).Revision : CompleteAfter;

    /// <summary>The number of changes held.</summary>
    public int Count => _count;

    /// <summary>Forgets all changes; from this revision on the history is complete.</summary>
    public void Reset(long completeAfter)
    {
        _ring = new StoredChange[SmallestRing];
        _first = _count = 0;
        _bytes = 0;
        CompleteAfter = _newestWhenAged = completeAfter;
    }

    /// <summary>Appends the next change, and drops the oldest ones beyond the bounds.</summary>
    public void Append(StoredChange change)
    {
        if (_count == _ring.Length)
            Resize(_ring.Length * 2);
        _ring[(_first + _count++) & (_ring.Length - 1)] = change;
        _bytes += change.Bytes;
        while (_count > changesMax || (_bytes > bytesMax && _count > 1))
            DropFirst();
    }

    /// <summary>Drops the changes that were already present at the previous call. Called periodically, it bounds their age to two
    /// periods.</summary>
    public void Age()
    {
        while (_count > 0 && At(0).Revision <= _newestWhenAged)
            DropFirst();
        _newestWhenAged = Newest;
        if (_count < _ring.Length / 4 && _ring.Length > SmallestRing)
            Resize(Math.Max(SmallestRing, _ring.Length / 2));
    }

    /// <summary>The changes after a revision, in order; null if some of them have been dropped.</summary>
    /// <param name="revision">The last revision that the caller knows.</param>
    /// <param name="max">The most changes to return.</param>
    /// <param name="bytesMax">The most bytes to return. A larger first change is returned alone.</param>
    public List<StoredChange>? After(long revision, int max, long bytesMax = long.MaxValue)
    {
        if (revision < CompleteAfter)
            return null;

        int low = 0, high = _count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (At(middle).Revision <= revision)
                low = middle + 1;
            else
                high = middle;
        }

        var length = Math.Min(max, _count - low);
        var result = new List<StoredChange>(length);
        for (var i = 0; i < length; i++)
        {
            var change = At(low + i);
            bytesMax -= change.Bytes;
            if (i > 0 && bytesMax < 0)
                break;
            result.Add(change);
        }

        return result;
    }

    private StoredChange At(int index) => _ring[(_first + index) & (_ring.Length - 1)];

    private void DropFirst()
    {
        var dropped = _ring[_first];
        _ring[_first] = null!;
        _first = (_first + 1) & (_ring.Length - 1);
        _count--;
        _bytes -= dropped.Bytes;
        CompleteAfter = dropped.Revision;
    }

    private void Resize(int length)
    {
        var resized = new StoredChange[length];
        for (var i = 0; i < _count; i++)
            resized[i] = At(i);
        _ring = resized;
        _first = 0;
    }
}
