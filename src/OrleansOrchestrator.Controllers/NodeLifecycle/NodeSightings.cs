using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>What one observer has seen of the nodes: their heartbeats, their votes, and the views that they say they use.</summary>
/// <param name="options">The times.</param>
/// <remarks>
/// All times are by one clock of the observer's, which runs on whatever happens to the time of day. After a time in which
/// nothing was seen, whether the observer or its machine stood still, the stores were away or the nodes could reach nobody, all
/// nodes get their full time again. Not thread-safe.
/// </remarks>
public sealed class NodeSightings(NodeLifecycleOptions options)
{
    private readonly HeartbeatLedger _heartbeats = new();
    private readonly VoteLedger _votes = new(options.Times.VoteTime);
    private readonly Dictionary<string, string?> _views = new(StringComparer.Ordinal);
    private DateTimeOffset? _seenUntil;
    private DateTimeOffset? _heardAt;
    private TimeSpan _clockDifference;

    /// <summary>Issues a beat, for daemons to tell of in their renewals.</summary>
    public string IssueBeat(DateTimeOffset now) => _votes.Issue(now);

    /// <summary>Begins an observation.</summary>
    /// <param name="asked">When the observer began to ask for the newest state.</param>
    /// <param name="now">The moment, at which it has it.</param>
    /// <param name="clockDifference">By how much the time of day is ahead of the observer's clock: it changes when the machine has slept.</param>
    /// <returns>Whether all nodes get their full time again, because nothing was seen for a while.</returns>
    public bool Begin(DateTimeOffset asked, DateTimeOffset now, TimeSpan clockDifference)
    {
        var isBlind = _seenUntil is { } seenUntil
            && (asked - seenUntil > options.BlindTimeMax || (clockDifference - _clockDifference).Duration() > options.BlindTimeMax);
        (_seenUntil, _clockDifference) = (asked, clockDifference);
        if (!isBlind)
            return false;
        _votes.Restart();
        _heartbeats.Restart(now);
        return true;
    }

    /// <summary>Takes note of a node's lease.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="evidence">What changes with each renewal.</param>
    /// <param name="report">Reads what the renewal says about the node's vote, if anything; asked only about new ones.</param>
    /// <param name="now">The moment.</param>
    public void ObserveLease(string node, string evidence, Func<string?> report, DateTimeOffset now)
    {
        if (!_heartbeats.Observe(node, HeartbeatSource.Lease, evidence, now))
            return;
        if (now - _heardAt > options.BlindTimeMax)
            _heartbeats.Restart(now);
        _heardAt = now;
        if (VoteReport.Parse(report()) is not { } told)
            return;
        _views[node] = told.View;
        _votes.Observe(told, now);
    }

    /// <summary>Takes note of a node's status.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="evidence">What changes with each report.</param>
    /// <param name="now">The moment.</param>
    public void ObserveStatus(string node, string evidence, DateTimeOffset now) =>
        _heartbeats.Observe(node, HeartbeatSource.Status, evidence, now);

    /// <summary>When a node was last heard of; see <see cref="HeartbeatLedger.LastHeartbeat"/>.</summary>
    public DateTimeOffset LastHeartbeat(string node, DateTimeOffset now) => _heartbeats.LastHeartbeat(node, now);

    /// <summary>Takes note of the names that pods are bound to and no node has; see <see cref="HeartbeatLedger.ObserveMissing"/>.</summary>
    public IReadOnlyList<MissingNode> ObserveMissing(IEnumerable<string> names, DateTimeOffset now) => _heartbeats.ObserveMissing(names, now);

    /// <summary>The id of the view that a node said it uses; null if it has said nothing.</summary>
    public string? ConfirmedView(string node) => _views.GetValueOrDefault(node);

    /// <summary>Whether a voter's vote was with the control plane at a moment.</summary>
    public bool IsCounted(string voter, DateTimeOffset at) => _votes.IsCounted(voter, at);

    /// <summary>Gives all nodes their full time to report again.</summary>
    public void Restart(DateTimeOffset now) => _heartbeats.Restart(now);

    /// <summary>Forgets a node that is gone, with its lease and its pods.</summary>
    public void Forget(string node)
    {
        _heartbeats.Forget(node);
        _views.Remove(node);
    }
}
