using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Placements;

public sealed class MessageTests
{
    [Fact]
    public void Message_NoNodes_SaysSo() => new Harness().Refuse(Create("p")).ShouldBe("no nodes available to schedule pods");

    [Fact]
    public void Message_ManyReasons_AreSortedAsTexts()
    {
        var nodes = Enumerable.Range(0, 10).Select(i => Nodes.Create($"small{i}", cpu: "1"))
            .Append(Nodes.Create("tainted").WithTaint("key", "value"))
            .Append(Nodes.Create("cordoned").Cordoned())
            .Append(Nodes.Create("cordoned2").Cordoned());
        new Harness([.. nodes]).Refuse(Create("p", cpu: "2"))
            .ShouldBe("0/13 nodes are available: 1 node(s) had untolerated taint {key: value}, 10 Insufficient cpu, 2 node(s) were unschedulable.");
    }

    [Fact]
    public void Message_NodeFailsSeveralFilters_OnlyTheFirstCounts() =>
        new Harness(Nodes.Create("a", cpu: "1").Cordoned().WithTaint("k", "v")).Refuse(Create("p", cpu: "2"))
            .ShouldBe("0/1 nodes are available: 1 node(s) were unschedulable.");

    [Fact]
    public void Unschedulable_Reasons_NameTheirPlugins()
    {
        var failure = new Harness(Nodes.Create("a", cpu: "1"), Nodes.Create("b").WithTaint("k", "v")).Schedule(Create("p", cpu: "2"))
            .ShouldBeOfType<Unschedulable>();
        failure.Plugins.ShouldBe(["NodeResourcesFit", "TaintToleration"], ignoreOrder: true);
    }

    [Fact]
    public void Unschedulable_SamePodTwiceWithoutChange_IsTheSameAnswer()
    {
        var harness = new Harness(Nodes.Create("a", cpu: "1"));
        var first = harness.Schedule(Create("p1", cpu: "2"));
        harness.Schedule(Create("p2", cpu: "2")).ShouldBeSameAs(first);
        harness.Cache.SetNode(Nodes.Create("b", cpu: "1"));
        harness.Refuse(Create("p2", cpu: "2")).ShouldBe("0/2 nodes are available: 2 Insufficient cpu.");
    }
}
