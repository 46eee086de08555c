using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The back-off between restarts of each key: none before the first restart, then from a base, doubling to a maximum.</summary>
/// <remarks>A key starts over when its last restart is twice the maximum ago, as with the kubelet's 10 s, 5 min and 10 min.</remarks>
/// <param name="backoff">The base and the maximum.</param>
internal sealed class RestartBackoff(Backoff backoff)
{
    private readonly Dictionary<string, (int Restarts, DateTimeOffset Updated)> _entries = new(StringComparer.Ordinal);

    /// <summary>The earliest next attempt for a key that last ended or failed at the given time.</summary>
    public DateTimeOffset NotBefore(string key, DateTimeOffset ended) => Waits.After(ended, Delay(key, ended));

    /// <summary>The delay from the end of the last run.</summary>
    public TimeSpan Delay(string key, DateTimeOffset ended) =>
        Restarts(key, ended) is var restarts and > 0 ? backoff.After(restarts) : TimeSpan.Zero;

    /// <summary>Records an attempt now, so that the next one waits longer.</summary>
    public void Record(string key, DateTimeOffset ended, DateTimeOffset now) => _entries[key] = (Restarts(key, ended) + 1, now);

    public void Forget(string key) => _entries.Remove(key);

    private int Restarts(string key, DateTimeOffset ended) =>
        _entries.TryGetValue(key, out var entry) && ended - entry.Updated <= backoff.Most * 2 ? entry.Restarts : 0;
}
