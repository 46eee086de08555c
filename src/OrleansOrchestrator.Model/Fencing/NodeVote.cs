namespace OrleansOrchestrator.Model.Fencing;

/// <summary>A node's vote: with the control plane, or lent to peers that the control plane does not answer, and never with both.</summary>
/// <remarks>
/// A daemon that starts does not know what the one before it lent, and has lent its vote until that must be over. It goes on to
/// lend it if it knows when the last acknowledgement arrived; otherwise it behaves as if one had just arrived.
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

    /// <param name="voter">By what name the node votes.</param>
    /// <param name="times">The times of the cluster.</param>
    /// <param name="time">The clock, whose timestamps are the machine's uptime.</param>
    /// <param name="acknowledgedAt">When the last acknowledgement arrived, as of the clock's timestamps; null if that is not known.</param>
    public NodeVote(string voter, FencingTimes times, TimeProvider time, long? acknowledgedAt = null)
    {
        Voter = voter;
        _times = times;
        _time = time;
        _lentAt = time.GetTimestamp();
        _acknowledgedAt = acknowledgedAt ?? _lentAt;
    }

    /// <summary>By what name the node votes.</summary>
    public string Voter { get; }

    /// <summary>What a renewal that is sent now has to say.</summary>
    /// <param name="view">The id of the view that the node uses.</param>
    public VoteReport Report(string? view)
    {
        lock (_lock)
            return new VoteReport(Voter, view, _beat, _time.GetElapsedTime(_lentAt) <= _times.VoteLent);
    }

    /// <summary>Notes an acknowledgement that has arrived.</summary>
    /// <param name="beat">The beat that it carried.</param>
    public void Acknowledge(string? beat)
    {
        lock (_lock)
        {
            _acknowledgedAt = _time.GetTimestamp();
            _beat = beat ?? _beat;
        }
    }

    /// <summary>Lends the vote to a peer, unless it may still be the control plane's.</summary>
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
