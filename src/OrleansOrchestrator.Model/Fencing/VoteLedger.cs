using System.Globalization;

namespace OrleansOrchestrator.Model.Fencing;

/// <summary>
/// The controller's side of the votes: issues beats, and counts a vote while the newest beat that its node reported is recent. It
/// compares no clocks: a beat is reported only after it was issued, and a late report contains an old beat.
/// </summary>
/// <param name="voteTime">How long a vote counts after the issue of the beat.</param>
/// <remarks>It knows only its own beats: a new activation counts no vote before the node has reported one of its beats. A vote that has
/// not counted for as long as votes count is forgotten: voters name themselves, and nodes take new names. Not thread-safe.</remarks>
public sealed class VoteLedger(TimeSpan voteTime)
{
    private readonly Queue<(string Beat, DateTimeOffset IssuedAt)> _order = new();
    private readonly Dictionary<string, DateTimeOffset> _beats = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTimeOffset From, DateTimeOffset Until)> _votes = new(StringComparer.Ordinal);
    private string _incarnation = NewIncarnation();
    private long _count;

    /// <summary>How many votes are remembered.</summary>
    internal int VoteCount => _votes.Count;

    /// <summary>Issues a beat.</summary>
    public string Issue(DateTimeOffset now)
    {
        while (_order.TryPeek(out var oldest) && now - oldest.IssuedAt > voteTime)
            _beats.Remove(_order.Dequeue().Beat);
        foreach (var voter in _votes.Where(vote => now - vote.Value.Until > voteTime).Select(vote => vote.Key).ToList())
            _votes.Remove(voter);
        var beat = string.Create(CultureInfo.InvariantCulture, $"{_incarnation}.{++_count}");
        _order.Enqueue((beat, now));
        _beats.Add(beat, now);
        return beat;
    }

    /// <summary>Records what a renewal reports about its node's vote.</summary>
    /// <param name="report">The report.</param>
    /// <param name="seenAt">When it was seen: the vote counts from then on.</param>
    public void Observe(VoteReport report, DateTimeOffset seenAt)
    {
        if (report.IsLent || report.Beat is null || !_beats.TryGetValue(report.Beat, out var issuedAt))
            return;
        var until = issuedAt + voteTime;
        if (until < seenAt)
            return;
        _votes[report.Voter] = _votes.TryGetValue(report.Voter, out var vote) && vote.Until >= seenAt
            ? (vote.From, until > vote.Until ? until : vote.Until)
            : (seenAt, until);
    }

    /// <summary>Whether a vote counted for the control plane at a moment.</summary>
    public bool IsCounted(string voter, DateTimeOffset at) => _votes.TryGetValue(voter, out var vote) && vote.From <= at && at <= vote.Until;

    /// <summary>Starts over after a time in which this clock, or this process, may have been suspended.</summary>
    public void Restart()
    {
        _order.Clear();
        _beats.Clear();
        _votes.Clear();
        _incarnation = NewIncarnation();
    }

    private static string NewIncarnation() => Guid.NewGuid().ToString("N")[..12];
}
