using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>While acknowledgements are missing, asks the peers whether they miss theirs too, and lets pods run on if most do (invariant
/// I8).</summary>
internal sealed partial class HoldAgent(
    FencingViews views, NodeVote vote, LeaseClock clock, IPeers peers, FencingTimes times, TimeProvider timeProvider, ILogger logger)
{
    // How soon a missing acknowledgement is noticed.
    private static readonly TimeSpan IdleInterval = TimeSpan.FromMilliseconds(250);
    // How often the peers are asked during an outage: several times within the time of a grant.
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(500);
    // More than a retransmission in the network. A longer wait would only use up the grant.
    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(2.5);

    // Fast, because missing votes stop pods after the fencing time.
    private static readonly Backoff LoopBackoff = new(IdleInterval, TimeSpan.FromSeconds(1));

    private readonly TimeSpan _askAfter = times.FencingTime / 2;
    private bool _isHeld;

    /// <summary>How long a peer may take to answer: at most half of a grant's time, because the grant counts from the question.</summary>
    public static TimeSpan AnswerTime(FencingTimes times) => times.GrantTime / 2 < AnswerTimeMax ? times.GrantTime / 2 : AnswerTimeMax;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var loop = new SupervisedLoop("hold agent", async token => await CheckAsync(token), timeProvider, logger, LoopBackoff);
        await loop.RunAsync(cancellationToken);
    }

    /// <summary>Asks the peers if necessary; returns the wait until the next check.</summary>
    internal async Task<TimeSpan> CheckAsync(CancellationToken cancellationToken)
    {
        if (clock.SinceAcknowledged < _askAfter)
        {
            _isHeld = false;
            peers.Rest();
            return IdleInterval;
        }

        if (views.Current is not { } view)
            return IdleInterval;

        var sent = clock.Now;
        var votes = await CountAsync(view, cancellationToken);
        var isHeld = votes >= view.HoldMin && views.TryActBy(view, () => clock.Hold(sent, times.GrantTime, view.Id));
        if (isHeld && !_isHeld)
            LogHeld(votes, view.Members.Count, views.NodeName);
        _isHeld = isHeld;
        var interval = times.GrantTime / 5;
        return isHeld || interval < AskInterval ? interval : AskInterval;
    }

    /// <summary>Counts the votes for running on until there are enough or all peers have answered.</summary>
    private async Task<int> CountAsync(FencingView view, CancellationToken cancellationToken)
    {
        // The node's own vote is not lent to a peer, but must not count for the control plane either.
        if (!vote.TryLend())
            return 0;
        var votes = 1;
        var own = vote.Voter;
        var asked = view.Members.Where(member => member.Voter != own).DistinctBy(member => member.Voter).Select(member => peers.AskAsync(member, cancellationToken)).ToHashSet();
        while (votes < view.HoldMin && asked.Count > 0)
        {
            var answered = await Task.WhenAny(asked);
            asked.Remove(answered);
            votes += await answered ? 1 : 0;
        }

        return votes;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Votes} of {Nodes} nodes are without the control plane: the fault is not that of node {Node}, and its pods run on")]
    private partial void LogHeld(int votes, int nodes, string node);
}
