namespace OrleansOrchestrator.Loops;

/// <summary>
/// Bounds what each of many does, so that one that does very much takes nothing from the others: some at once, and after that
/// one in a while. Safe for concurrent use.
/// </summary>
/// <param name="burst">How much each may do at once.</param>
/// <param name="refill">After what time each may do one more.</param>
/// <param name="keysMax">How many are remembered; beyond that all begin anew.</param>
/// <param name="time">The clock.</param>
public sealed class KeyedBudget<TKey>(int burst, TimeSpan refill, int keysMax, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, (double Left, long At)> _left = [];

    /// <summary>Takes one of what a key may do.</summary>
    /// <returns>False if it has used up its budget.</returns>
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
