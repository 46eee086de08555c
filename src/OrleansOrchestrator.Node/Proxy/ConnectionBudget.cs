namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Bounds how much the whole proxy carries at once.</summary>
internal sealed class ConnectionBudget(int max)
{
    private int _used;

    /// <summary>How much is carried now.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Takes a place.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _used) <= max)
            return true;
        Interlocked.Decrement(ref _used);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Return() => Interlocked.Decrement(ref _used);
}
