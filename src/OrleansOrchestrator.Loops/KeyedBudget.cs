namespace OrleansOrchestrator.Loops;

/// <summary>A token bucket per key, so that one busy key takes nothing from the others. Safe for concurrent use.</summary>
/// <param name="burst">The size of a bucket.</param>
/// <param name="refill">The time after which a bucket regains one token.</param>
/// <param name="keysMax">The most keys to remember. Beyond that, all buckets are forgotten and start full.</param>
/// <param name="time">The clock.</param>
public sealed class KeyedBudget<TKey>(int burst, TimeSpan refill, int keysMax, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, (double Left, long At)> _left = [];

    /// <summary>Takes a token of a key.</summary>
    /// <returns>False if the key has used up its budget.</returns>
    public bool TryTake(TKey key)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var left = _left.TryGetValue(key, out var known)
                ? Math.Min(burst, known.Left + (time.GetElapsedTime(known.At, now) / refill))
                : burst;
            if (_left.Count >= keysMax && !_left.ContainsKey(key))
                _left.Clear();
            _left[key] = (left < 1 ? left : left - 1, now);
            return left >= 1;
        }
    }
}
