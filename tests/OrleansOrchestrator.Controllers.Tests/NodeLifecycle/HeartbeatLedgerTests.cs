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

        ledger.Restart(Start.AddSeconds(60));

        ledger.LastHeartbeat("a", Start.AddSeconds(61)).ShouldBe(Start.AddSeconds(60));
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
    public void Forget_Node_StartsAnew()
    {
        var ledger = new HeartbeatLedger();
        ledger.Observe("a", HeartbeatSource.Lease, "1", Start);
        ledger.Forget("a");

        ledger.LastHeartbeat("a", Start.AddSeconds(9)).ShouldBe(Start.AddSeconds(9));
    }
}
