namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>What a heartbeat is taken from.</summary>
public enum HeartbeatSource
{
    /// <summary>The node's lease: evidence is its renewTime or resourceVersion.</summary>
    Lease,

    /// <summary>The node's status: evidence is the lastHeartbeatTime of its Ready condition.</summary>
    Status,
}

/// <summary>
/// When each node was last heard of, by the observer's own clock: clocks of nodes are not trusted, so a heartbeat is that
/// the evidence has changed, and its time is when that was seen. Not thread-safe; grows with the number of nodes only.
/// </summary>
public sealed class HeartbeatLedger
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _missingSince = new(StringComparer.Ordinal);

    /// <summary>Takes note of what a lease or a status says now.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="source">Where the evidence is from.</param>
    /// <param name="evidence">What changes with each heartbeat.</param>
    /// <param name="seenAt">When it was seen.</param>
    /// <returns>Whether it is a heartbeat: the evidence is new.</returns>
    public bool Observe(string node, HeartbeatSource source, string evidence, DateTimeOffset seenAt)
    {
        var entry = _entries.GetValueOrDefault(node);
        var known = source == HeartbeatSource.Lease ? entry.Lease : entry.Status;
        if (known == evidence)
            return false;

        var updated = source == HeartbeatSource.Lease ? entry with { Lease = evidence } : entry with { Status = evidence };
        _entries[node] = updated with { LastHeartbeat = Later(entry.LastHeartbeat, seenAt) };
        return true;
    }

    /// <summary>When a node was last heard of. An unknown node counts as heard of now, so that it gets its time to report.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="now">The moment.</param>
    public DateTimeOffset LastHeartbeat(string node, DateTimeOffset now)
    {
        if (_entries.TryGetValue(node, out var entry))
            return entry.LastHeartbeat;
        _entries.Add(node, new Entry(null, null, now));
        return now;
    }

    /// <summary>Takes note of all names that pods are bound to and no node has.</summary>
    /// <param name="names">The names; those of an earlier call that are not among them are no longer missing.</param>
    /// <param name="now">The moment.</param>
    public IReadOnlyList<MissingNode> ObserveMissing(IEnumerable<string> names, DateTimeOffset now)
    {
        var missing = names.ToHashSet(StringComparer.Ordinal);
        foreach (var returned in _missingSince.Keys.Where(name => !missing.Contains(name)).ToList())
            _missingSince.Remove(returned);
        foreach (var name in missing)
            _missingSince.TryAdd(name, now);
        return [.. missing.Order(StringComparer.Ordinal).Select(name => new MissingNode(name, _missingSince[name], LastHeartbeat(name, now)))];
    }

    /// <summary>Gives all nodes their full time to report again, after the observer was cut off.</summary>
    /// <param name="now">The moment.</param>
    public void Restart(DateTimeOffset now)
    {
        foreach (var (name, entry) in _entries)
            _entries[name] = entry with { LastHeartbeat = Later(entry.LastHeartbeat, now) };
    }

    /// <summary>Forgets a node that is gone, with its lease and its pods.</summary>
    /// <param name="node">The node's name.</param>
    public void Forget(string node)
    {
        _entries.Remove(node);
        _missingSince.Remove(node);
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    private readonly record struct Entry(string? Lease, string? Status, DateTimeOffset LastHeartbeat);
}
