using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Placements;

public sealed class SchedulerTests
{
    [Fact]
    public void Schedule_LeastAllocated_TakesTheEmptierNode() =>
        new Harness(Nodes.Create("a"), Nodes.Create("b")).Running(Create("q", "1", "1Gi").On("a"))
            .Choices(Create("p", "1", "1Gi")).ShouldBe(["b"]);

    [Fact]
    public void Schedule_MostAllocated_TakesTheFullerNode() =>
        new Harness(Options.Arguments("NodeResourcesFit", "{scoringStrategy: {type: MostAllocated}}"), Nodes.Create("a"), Nodes.Create("b"))
            .Running(Create("q", "1", "2Gi").On("a")).Choices(Create("p", "1", "2Gi")).ShouldBe(["a"]);

    [Fact]
    public void Schedule_BalancedAllocation_EvensOutCpuAndMemory() =>
        new Harness(Nodes.Create("a"), Nodes.Create("b"))
            .Running(Create("q", "2", "1Gi").On("a"), Create("r", "1", "3Gi").On("b"))
            .Choices(Create("p", "1", "5Gi")).ShouldBe(["a"]);

    [Fact]
    public void Schedule_EqualNodes_AllGetTheirShare() =>
        new Harness(Nodes.Create("a"), Nodes.Create("b"), Nodes.Create("c")).Choices(Create("p")).ShouldBe(["a", "b", "c"]);

    [Fact]
    public void Schedule_SameSeed_IsTheSamePlacement()
    {
        var harness = new Harness([.. Enumerable.Range(0, 50).Select(i => Nodes.Create($"n{i}"))]);
        var pod = Create("p").Info();
        harness.Scheduler.Schedule(pod, 7).ShouldBe(harness.Scheduler.Schedule(pod, 7));
    }

    [Fact]
    public void Schedule_PreferredTaint_AvoidsTheNode() =>
        new Harness(Nodes.Create("a").WithTaint("old", "", "PreferNoSchedule"), Nodes.Create("b"))
            .Choices(Create("p")).ShouldBe(["b"]);

    [Fact]
    public void Schedule_PreferredTaintAppears_IsSeen()
    {
        var harness = new Harness(Nodes.Create("a"), Nodes.Create("b"));
        harness.Choices(Create("p")).ShouldBe(["a", "b"]);
        harness.Cache.SetNode(Nodes.Create("b").WithTaint("old", "", "PreferNoSchedule"));
        harness.Choices(Create("p")).ShouldBe(["a"]);
    }

    [Fact]
    public void Schedule_PreferredAffinity_TakesTheHighestWeight() =>
        new Harness(Nodes.Create("a").WithLabel("disk", "hdd"), Nodes.Create("b").WithLabel("disk", "ssd"), Nodes.Create("c"))
            .Choices(Create("p").Preferring(10, Labels("disk", "In", "hdd")).Preferring(20, Labels("disk", "In", "ssd"))).ShouldBe(["b"]);

    [Fact]
    public void Schedule_ReplicasOfOneOwner_SpreadOverNodes()
    {
        var harness = new Harness([.. Enumerable.Range(0, 10).Select(i => Nodes.Create($"n{i}"))]);
        var nodes = Enumerable.Range(0, 20).Select(i => harness.PlaceAndAssume(Create($"p{i}").WithOwner("rs"))).ToArray();
        nodes.CountBy(node => node).ShouldAllBe(count => count.Value == 2);
    }

    [Fact]
    public void Schedule_ReplicasOfOneOwner_SpreadOverZones()
    {
        var harness = new Harness(
            [.. Enumerable.Range(0, 6).Select(i => Nodes.Create($"n{i}").WithLabel("topology.kubernetes.io/zone", i < 4 ? "big" : "small"))]);
        var nodes = Enumerable.Range(0, 4).Select(i => harness.PlaceAndAssume(Create($"p{i}").WithOwner("rs"))).ToArray();
        nodes.Count(node => node is "n4" or "n5").ShouldBe(2);
    }

    [Theory]
    [InlineData("ReplicaSet", "b")]
    [InlineData("StatefulSet", "b")]
    [InlineData("Job", "a,b")]
    public void Schedule_PodsOfAController_SpreadByDefaultIfItIsReplicated(string kind, string choices) =>
        string.Join(',', new Harness(Nodes.Create("a"), Nodes.Create("b")).Running(Create("q").On("a").WithOwner("one", kind), Create("r").On("b"))
            .Choices(Create("p").WithOwner("one", kind))).ShouldBe(choices);

    [Fact]
    public void Schedule_ReplicasOfDaemonSet_DoNotSpread() =>
        new Harness(Nodes.Create("a"), Nodes.Create("b")).Running(Create("q").On("a").WithOwner("ds", "DaemonSet"))
            .Place(Create("p").WithOwner("ds", "DaemonSet").Requiring(Fields("In", "a"))).ShouldBe("a");

    [Fact]
    public void Schedule_Sampling_FindsTheOnlyNodeThatFits()
    {
        var nodes = Enumerable.Range(0, 500).Select(i => Nodes.Create($"n{i}", cpu: i == 321 ? "4" : "1")).ToArray();
        new Harness(new SchedulerOptions { PercentageOfNodesToScore = 5 }, nodes).Place(Create("p", cpu: "2")).ShouldBe("n321");
    }

    [Fact]
    public void Schedule_Sampling_GoesAroundAllNodes()
    {
        var nodes = Enumerable.Range(0, 500).Select(i => Nodes.Create($"n{i}", pods: 1)).ToArray();
        var harness = new Harness(new SchedulerOptions { PercentageOfNodesToScore = 5 }, nodes);
        Enumerable.Range(0, 500).Select(i => harness.PlaceAndAssume(Create($"p{i}"))).Distinct().Count().ShouldBe(500);
    }

    [Fact]
    public void Schedule_MoreClassesThanAreKept_IsStillRight()
    {
        var harness = new Harness(new SchedulerOptions { EquivalenceClassesMax = 2 }, Nodes.Create("a", cpu: "2"), Nodes.Create("b", cpu: "4"));
        for (var i = 0; i < 10; i++)
            harness.Place(Create($"p{i}", cpu: $"{3000 + i}m")).ShouldBe("b");
    }
}
