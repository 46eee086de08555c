using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

public sealed class HeartbeatLedgerTests
{
    private static readonly DateTimeOffset Start = ClusterModel.Start;

    [Fact]
    public void LastHeartbeat_UnknownNode_GetsItsTimeFromNow()
    {
        var ledger = new HeartbeatLedger();

        ledger.LastHeartbeat("a", Start).ShouldBe(Start);
        ledger.LastHeartbeat("a", Start.AddSeconds(9)).ShouldBe(Start);
    }

    [Fact]
    public void Observe_SameEvidence_IsNoHeartbeat()
    {
        var ledger = new HeartbeatLedger();
        ledger.Observe("a", HeartbeatSource.Lease, "1", Start);
        ledger.Observe("a", HeartbeatSource.Lease, "1", Start.AddSeconds(5));

        ledger.LastHeartbeat("a", Start.AddSeconds(6)).ShouldBe(Start);
    }

    [Theory]
    [InlineData(HeartbeatSource.Lease)]
    [InlineData(HeartbeatSource.Status)]
    public void Observe_NewEvidenceOfEitherSource_IsAHeartbeat(HeartbeatSource source)
    {
        var ledger = new HeartbeatLedger();
        ledger.Observe("a", HeartbeatSource.Lease, "1", Start);
        ledger.Observe("a", HeartbeatSource.Status, "1", Start);
        ledger.Observe("a", source, "2", Start.AddSeconds(5));

        ledger.LastHeartbeat("a", Start.AddSeconds(6)).ShouldBe(Start.AddSeconds(5));
    }

    [Fact]
    public void Restart_AfterACut_GivesEveryNodeItsTimeAgain()
    {
        var ledger = new HeartbeatLedger();
        ledger.Observe("a", HeartbeatSource.Lease, "1", Start);

        ledger.Restart(Start.AddSeconds(60), TimeSpan.FromSeconds(6));

        ledger.LastHeartbeat("a", Start.AddSeconds(61)).ShouldBe(Start.AddSeconds(60));
    }

    [Fact]
    public void Restart_AgainAndAgain_LetsASilenceGrow()
    {
        var ledger = new HeartbeatLedger();
        ledger.Observe("a", HeartbeatSource.Lease, "1", Start);

        foreach (var seconds in (int[])[60, 70, 80])
            ledger.Restart(Start.AddSeconds(seconds), TimeSpan.FromSeconds(6));
        ledger.LastHeartbeat("a", Start.AddSeconds(80)).ShouldBe(Start.AddSeconds(72), "each of two times of ten seconds counts for four");

        ledger.Observe("a", HeartbeatSource.Lease, "2", Start.AddSeconds(81));
        ledger.Restart(Start.AddSeconds(90), TimeSpan.FromSeconds(6));
        ledger.LastHeartbeat("a", Start.AddSeconds(90)).ShouldBe(Start.AddSeconds(90), "it was heard of in between");
    }

    [Fact]
    public void ObserveMissing_NodeComesAndGoes_CountsFromItsLastDisappearance()
    {
        var ledger = new HeartbeatLedger();
        ledger.ObserveMissing(["a", "b"], Start);
        ledger.ObserveMissing(["b"], Start.AddSeconds(5));

        ledger.ObserveMissing(["a", "b"], Start.AddSeconds(9)).Select(node => (node.Name, node.MissingSince))
            .ShouldBe([("a", Start.AddSeconds(9)), ("b", Start)]);
    }

    [Fact]
    public void Retain_OthersOnly_ForgetsANode()
    {
        var ledger = new HeartbeatLedger();
        ledger.Observe("a", HeartbeatSource.Lease, "1", Start);
        ledger.Retain(new HashSet<string> { "b" });

        ledger.LastHeartbeat("a", Start.AddSeconds(9)).ShouldBe(Start.AddSeconds(9));
    }
}
