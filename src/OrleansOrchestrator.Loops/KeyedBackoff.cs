namespace OrleansOrchestrator.Loops;

/// <summary>Back-off per key. The current time is an argument.</summary>
/// <param name="backoff">The waits.</param>
public sealed class KeyedBackoff<TKey>(Backoff backoff)
    where TKey : notnull
{
    private readonly Dictionary<TKey, (int Failures, DateTimeOffset Until)> _failed = [];

    /// <summary>Whether no key has a failure on record.</summary>
    public bool IsEmpty => _failed.Count == 0;

    /// <summary>Records a failure.</summary>
    /// <returns>When the key may be tried again.</returns>
    public DateTimeOffset Fail(TKey key, DateTimeOffset now)
    {
        var failures = _failed.GetValueOrDefault(key).Failures + 1;
        var until = Waits.After(now, backoff.After(failures));
        _failed[key] = (failures, until);
        return until;
    }

    /// <summary>Records a success: the next failure of the key counts as its first.</summary>
    public void Succeed(TKey key) => _failed.Remove(key);

    /// <summary>Whether a key still has to wait after its last failure.</summary>
    public bool IsWaiting(TKey key, DateTimeOffset now) => _failed.TryGetValue(key, out var failed) && now < failed.Until;

    /// <summary>Forgets keys that are gone.</summary>
    public void ForgetWhere(Func<TKey, bool> isGone)
    {
        ArgumentNullException.ThrowIfNull(isGone);
        foreach (var key in _failed.Keys)
        {
            if (isGone(key))
                _failed.Remove(key);
        }
    }

    /// <summary>Forgets keys that could have been tried again for some time and were not: they are gone, or need no more work.</summary>
    public void Forget(DateTimeOffset now, TimeSpan after)
    {
        foreach (var (key, failed) in _failed)
        {
            if (now - failed.Until > after)
                _failed.Remove(key);
        }
    }
}
