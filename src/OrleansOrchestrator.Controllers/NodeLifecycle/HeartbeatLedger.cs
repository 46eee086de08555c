namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>Where a heartbeat was seen.</summary>
public enum HeartbeatSource
{
    /// <summary>The node's lease. The evidence is its renewTime or resourceVersion.</summary>
    Lease,

    /// <summary>The node's status. The evidence is the lastHeartbeatTime of its Ready condition.</summary>
    Status,
}

/// <summary>
/// When each node was last heard of, by the observer's own clock. The clocks of nodes are not trusted: a heartbeat is a change of
/// the evidence, at the time when the observer sees it. Not thread-safe. Its size is bounded by the number of names that
/// <see cref="Retain"/> was told last.
/// </summary>
public sealed class HeartbeatLedger
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _missingSince = new(StringComparer.Ordinal);

    /// <summary>Records what a lease or a status says now.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="source">Where the evidence is from.</param>
    /// <param name="evidence">What changes with each heartbeat.</param>
    /// <param name="seenAt">When the observer saw it.</param>
    /// <returns>Whether this is a heartbeat, because the evidence is new.</returns>
    public bool Observe(string node, HeartbeatSource source, string evidence, DateTimeOffset seenAt)
    {
        var entry = _entries.GetValueOrDefault(node);
        var known = source == HeartbeatSource.Lease ? entry.Lease : entry.Status;
        if (known == evidence)
            return false;

        var updated = source == HeartbeatSource.Lease ? entry with { Lease = evidence } : entry with { Status = evidence };
        _entries[node] = updated with { LastHeartbeat = Later(entry.LastHeartbeat, seenAt), IsRestarted = false };
        return true;
    }

    /// <summary>When a node was last heard of. An unknown node counts as heard of now, so that it gets its time to report.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="now">The current time.</param>
    public DateTimeOffset LastHeartbeat(string node, DateTimeOffset now)
    {
        if (_entries.TryGetValue(node, out var entry))
            return entry.LastHeartbeat;
        _entries.Add(node, new Entry(null, null, now, IsRestarted: false));
        return now;
    }

    /// <summary>Records all node names that pods are bound to and that have no Node object.</summary>
    /// <param name="names">The names. A name of an earlier call that is not among them is no longer missing.</param>
    /// <param name="now">The current time.</param>
    public IReadOnlyList<MissingNode> ObserveMissing(IEnumerable<string> names, DateTimeOffset now)
    {
        var missing = names.ToHashSet(StringComparer.Ordinal);
        foreach (var returned in _missingSince.Keys.Where(name => !missing.Contains(name)).ToList())
            _missingSince.Remove(returned);
        foreach (var name in missing)
            _missingSince.TryAdd(name, now);
        return [.. missing.Order(StringComparer.Ordinal).Select(name => new MissingNode(name, _missingSince[name], LastHeartbeat(name, now)))];
    }

    /// <summary>
    /// Gives all nodes their full time to report again, after the observer was cut off. A node that has not reported since the last
    /// restart goes on where it was: or else observers that are cut off again and again would never find a node silent.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="uncounted">The time that does not count for nodes that go on.</param>
    public void Restart(DateTimeOffset now, TimeSpan uncounted)
    {
        foreach (var (name, entry) in _entries)
        {
            var restarted = entry.IsRestarted ? entry.LastHeartbeat + uncounted : now;
            _entries[name] = entry with { LastHeartbeat = restarted, IsRestarted = true };
        }
    }

    /// <summary>Forgets all names but some.</summary>
    /// <param name="names">The names of nodes, of leases, and of nodes that pods are bound to.</param>
    public void Retain(IReadOnlySet<string> names)
    {
        foreach (var gone in _entries.Keys.Where(name => !names.Contains(name)).ToList())
            _entries.Remove(gone);
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    private readonly record struct Entry(string? Lease, string? Status, DateTimeOffset LastHeartbeat, bool IsRestarted);
}
