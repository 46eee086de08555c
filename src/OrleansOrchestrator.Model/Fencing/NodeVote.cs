namespace OrleansOrchestrator.Model.Fencing;

/// <summary>A node's vote: it belongs to the control plane, or is lent to peers that the control plane does not answer, and never
/// both.</summary>
/// <remarks>
/// A starting daemon does not know what its predecessor lent, so that it counts the vote as lent until any loan must have expired. It
/// may lend the vote in that time if it knows when the last acknowledgement arrived; otherwise it behaves as if one had just arrived.
/// Thread-safe.
/// </remarks>
public sealed class NodeVote
{
    private readonly FencingTimes _times;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private long _acknowledgedAt;
    private long _lentAt;
    private string? _beat;

    /// <param name="voter">The node's voter name.</param>
    /// <param name="times">The times of the cluster.</param>
    /// <param name="time">The clock, whose timestamps are the machine's uptime.</param>
    /// <param name="acknowledgedAt">When the last acknowledgement arrived, as a timestamp of the clock; null if unknown.</param>
    public NodeVote(string voter, FencingTimes times, TimeProvider time, long? acknowledgedAt = null)
    {
        Voter = voter;
        _times = times;
        _time = time;
        _lentAt = time.GetTimestamp();
        _acknowledgedAt = acknowledgedAt ?? _lentAt;
    }

    /// <summary>The node's voter name.</summary>
    public string Voter { get; }

    /// <summary>The report for a renewal that is sent now.</summary>
    /// <param name="view">The id of the node's view.</param>
    public VoteReport Report(string? view)
    {
        lock (_lock)
            return new VoteReport(Voter, view, _beat, _time.GetElapsedTime(_lentAt) <= _times.VoteLent);
    }

    /// <summary>Records the arrival of an acknowledgement.</summary>
    /// <param name="beat">The beat in it.</param>
    public void Acknowledge(string? beat)
    {
        lock (_lock)
        {
            _acknowledgedAt = _time.GetTimestamp();
            _beat = beat ?? _beat;
        }
    }

    /// <summary>Lends the vote to a peer, unless it may still count for the control plane.</summary>
    public bool TryLend()
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_acknowledgedAt) <= _times.VoteKept)
                return false;
            _lentAt = _time.GetTimestamp();
            return true;
        }
    }
}
