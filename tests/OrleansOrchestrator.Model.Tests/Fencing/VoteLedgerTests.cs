using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Model.Tests.Fencing;

public sealed class VoteLedgerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Issue_LongAfterAVoteCounted_ForgetsIt()
    {
        var ledger = new VoteLedger(TimeSpan.FromSeconds(5));
        for (var seconds = 0; seconds < 100; seconds++)
        {
            var now = Start.AddSeconds(seconds);
            var beat = ledger.Issue(now);
            ledger.Observe(new VoteReport($"voter-{seconds}", null, beat, IsLent: false), now);
            ledger.IsCounted($"voter-{seconds}", now).ShouldBeTrue();
        }

        ledger.VoteCount.ShouldBeLessThan(20);
        ledger.IsCounted("voter-97", Start.AddSeconds(99)).ShouldBeTrue();
    }
}
