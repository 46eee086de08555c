using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>What one observer has seen of the nodes: their heartbeats, their votes, and the views that they have confirmed.</summary>
/// <param name="options">The times.</param>
/// <remarks>
/// All times are by the observer's monotonic clock, which changes of the wall clock do not touch. All nodes get their full time
/// again after a time in which nothing was seen: the observer or its machine stood still, the store was unavailable, or the nodes
/// could reach no control plane. Not thread-safe.
/// </remarks>
public sealed class NodeSightings(NodeLifecycleOptions options)
{
    private readonly HeartbeatLedger _heartbeats = new();
    private readonly VoteLedger _votes = new(options.Times.VoteTime);
    private readonly Dictionary<string, string?> _views = new(StringComparer.Ordinal);
    private DateTimeOffset? _seenUntil;
    private DateTimeOffset? _heardAt;
    private TimeSpan _clockDifference;

    /// <summary>Since when nothing was seen until this observation; see <see cref="NodeLifecycleInput.UnseenSince"/>.</summary>
    public DateTimeOffset? UnseenSince { get; private set; }

    /// <summary>Issues a beat. Daemons report it with their renewals.</summary>
    public string IssueBeat(DateTimeOffset now) => _votes.Issue(now);

    /// <summary>Begins an observation.</summary>
    /// <param name="asked">When the observer began to read the newest state.</param>
    /// <param name="now">The current time: the read has ended.</param>
    /// <param name="clockDifference">
    /// By how much the wall clock is ahead of the observer's clock. The difference changes when the machine has slept.
    /// </param>
    /// <returns>Whether all nodes get their full time again, because nothing was seen for too long.</returns>
    public bool Begin(DateTimeOffset asked, DateTimeOffset now, TimeSpan clockDifference)
    {
        UnseenSince = null;
        var (seen, difference) = (_seenUntil ?? asked, _seenUntil is null ? clockDifference : _clockDifference);
        (_seenUntil, _clockDifference) = (asked, clockDifference);
        if (asked - seen <= options.BlindTimeMax && (clockDifference - difference).Duration() <= options.BlindTimeMax)
            return false;
        _votes.Restart();
        Restart(seen, now);
        return true;
    }

    /// <summary>Records a node's lease.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="evidence">What changes with each renewal.</param>
    /// <param name="report">Reads the vote report of the renewal, if it has one. Called only for a new renewal.</param>
    /// <param name="now">The current time.</param>
    public void ObserveLease(string node, string evidence, Func<string?> report, DateTimeOffset now)
    {
        if (!_heartbeats.Observe(node, HeartbeatSource.Lease, evidence, now))
            return;
        if (_heardAt is { } heard && now - heard > options.BlindTimeMax)
            Restart(heard, now);
        _heardAt = now;
        if (VoteReport.Parse(report()) is not { } told)
            return;
        _views[node] = told.View;
        _votes.Observe(told, now);
    }

    /// <summary>Records a node's status.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="evidence">What changes with each report.</param>
    /// <param name="now">The current time.</param>
    public void ObserveStatus(string node, string evidence, DateTimeOffset now) =>
        _heartbeats.Observe(node, HeartbeatSource.Status, evidence, now);

    /// <summary>When a node was last heard of; see <see cref="HeartbeatLedger.LastHeartbeat"/>.</summary>
    public DateTimeOffset LastHeartbeat(string node, DateTimeOffset now) => _heartbeats.LastHeartbeat(node, now);

    /// <summary>
    /// Records the node names that pods are bound to and that have no Node object; see
    /// <see cref="HeartbeatLedger.ObserveMissing"/>.
    /// </summary>
    public IReadOnlyList<MissingNode> ObserveMissing(IEnumerable<string> names, DateTimeOffset now) => _heartbeats.ObserveMissing(names, now);

    /// <summary>The id of the view that a node has confirmed; null if it has confirmed none.</summary>
    public string? ConfirmedView(string node) => _views.GetValueOrDefault(node);

    /// <summary>Whether the control plane held a voter's vote at a time.</summary>
    public bool IsCounted(string voter, DateTimeOffset at) => _votes.IsCounted(voter, at);

    /// <summary>Forgets all names but those that are still in the cluster.</summary>
    /// <param name="present">The names of nodes, of leases, and of nodes that pods are bound to.</param>
    public void Retain(IReadOnlySet<string> present)
    {
        _heartbeats.Retain(present);
        foreach (var gone in _views.Keys.Where(name => !present.Contains(name)).ToList())
            _views.Remove(gone);
    }

    /// <summary>Gives all nodes their time again. Of a time in which nothing was seen, no more than the most that is normal counts.</summary>
    private void Restart(DateTimeOffset seen, DateTimeOffset now)
    {
        var since = seen + options.BlindTimeMax < now ? seen + options.BlindTimeMax : now;
        _heartbeats.Restart(now, now - since);
        if (UnseenSince is null || since < UnseenSince)
            UnseenSince = since;
    }
}
