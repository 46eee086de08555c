using CsCheck;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

public sealed class NodeZonesTests
{
    [Fact]
    public void Decide_MostNodesSilent_EvictsNothingAndSaysSo()
    {
        var model = Cluster(nodes: 10);

        model.Run(100, Names(0, 4));

        model.Evictions.ShouldBeEmpty();
        model.LastPlan!.Disruptions.Single().ShouldBe(new ZoneHealth(null, 10, 6, ZoneState.PartialDisruption, 0));
        model.LastPlan.Disruptions.Single().ToString().ShouldStartWith("In the cluster 6 of 10 nodes are silent or not ready: ");
        model.LastPlan.Withheld.Select(withheld => withheld.Reason).ShouldBe(Enumerable.Repeat(WithholdingReason.Disruption, 6));
        model.LastPlan.RequeueAfter.ShouldBe(model.Options.Times.LeaseDuration, "when a node that was heard of just now may be silent");
        model.Node("n9").Spec.Taints.ShouldHaveSingleItem().Effect.ShouldBe("NoSchedule");
    }

    [Fact]
    public void Decide_FewerNodesSilent_EvictsTheirPodsInTime()
    {
        var model = Cluster(nodes: 10);

        model.Run(13, Names(0, 5));

        model.Evictions.Select(eviction => eviction.Pod).ShouldBe(["p5", "p6", "p7", "p8", "p9"]);
    }

    [Fact]
    public void Decide_MostNodesSilentAndThenHeardOfAgain_GoesOnByItself()
    {
        var model = Cluster(nodes: 10);
        model.Run(100, Names(0, 4));

        // They come back one after another. Those that are late get their full time from when most are there.
        foreach (var name in Names(4, 5))
            model.Report(name);
        model.Run(105, Names(0, 9));
        model.Evictions.ShouldBeEmpty();
        model.Run(120, Names(0, 9));

        model.LastPlan!.Disruptions.ShouldBeEmpty();
        model.Evictions.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            eviction => eviction.Pod.ShouldBe("p9"),
            eviction => eviction.Seconds.ShouldBeGreaterThanOrEqualTo(113));
    }

    [Fact]
    public void Decide_AWholeZoneSilent_MovesItsPodsToTheOthers()
    {
        var model = Cluster(nodes: 9, zones: 3);

        model.Run(14, [.. Names(0, 9).Where((_, i) => i % 3 != 2)]);

        model.Evictions.Select(eviction => eviction.Pod).ShouldBe(["p2", "p5", "p8"]);
        model.LastPlan!.Disruptions.Single().ShouldSatisfyAllConditions(
            zone => zone.State.ShouldBe(ZoneState.FullDisruption),
            zone => zone.ToString().ShouldBe("In zone eu/eu-2 none of 3 nodes is heard of and ready: pods of up to 500 nodes a second are replaced"));
    }

    [Fact]
    public void Decide_MostOfOneZoneSilent_SparesThatZoneOnly()
    {
        // Zone 2 loses three of its five nodes, and zone 0 one.
        var model = Cluster(nodes: 15, zones: 3);
        string[] silent = ["n2", "n5", "n8", "n0"];

        model.Run(60, [.. Names(0, 15).Except(silent)]);

        model.Evictions.Select(eviction => eviction.Pod).ShouldBe(["p0"]);
        model.LastPlan!.Disruptions.Single().ShouldBe(new ZoneHealth("eu/eu-2", 5, 3, ZoneState.PartialDisruption, 0));
    }

    [Fact]
    public void Decide_MostOfALargeZoneSilent_EvictsAtTheSecondaryRate()
    {
        var model = new NodeModel { Options = new() { LargeClusterSizeThreshold = 9, SecondaryNodeEvictionRate = 0.1 } };
        Fill(model, nodes: 10, zones: 0);

        model.Run(47, Names(0, 4));

        // One node may begin every ten seconds: at 8, 18, 28 and 38 s; the first is due at 13 s.
        model.Evictions.Select(eviction => eviction.Pod).ShouldBe(["p4", "p5", "p6", "p7"]);
        model.Evictions.Zip(model.Evictions.Skip(1)).ShouldAllBe(pair => pair.Second.Seconds - pair.First.Seconds > 4);
    }

    [Fact]
    public void Decide_FewNodesSilent_BeginAtTheRate()
    {
        var model = new NodeModel { Options = new() { NodeEvictionRate = 2 } };
        Fill(model, nodes: 20, zones: 0);

        model.Run(9.5, Names(0, 12));

        // Two at 8 s, and two at 9 s.
        model.Cluster.All<V1Node>().Count(HasNoExecute).ShouldBe(4);
        model.LastPlan!.RequeueAfter.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
        model.Run(20, Names(0, 12));
        model.Evictions.Count.ShouldBe(8);
    }

    /// <summary>In any time that a rate of whole nodes takes, no more than these begin; and in the long run, no fewer.</summary>
    [Theory]
    [InlineData(0.5, 1, 2.0)]
    [InlineData(1.5, 2, 4.0 / 3)]
    [InlineData(2, 2, 1.0)]
    [InlineData(2.5, 3, 1.2)]
    [InlineData(10, 10, 1.0)]
    public void Decide_ManyNodesSilent_BeginAtAnyRateAndNoFaster(double rate, int places, double window)
    {
        var model = new NodeModel { Options = new() { NodeEvictionRate = rate } };
        Fill(model, nodes: 90, zones: 0);
        var began = new List<double>();
        model.Seconds = 8.9;
        while (model.Seconds < 18.9)
        {
            foreach (var name in Names(0, 50))
                model.Heartbeat(name);
            var before = Losing(model).Count;
            model.Step();
            began.AddRange(Enumerable.Repeat(model.Seconds, Losing(model).Count - before));
            model.Seconds = Math.Round(model.Seconds + 0.1, 1);
        }

        began.Zip(began.Skip(places)).ShouldAllBe(pair => pair.Second - pair.First >= window - 0.001);
        ((double)began.Count).ShouldBe(Math.Min(40, rate * 10), tolerance: places);
    }

    [Fact]
    public void Decide_TaintOfAClockThatIsAhead_TakesAPlaceForAMomentOnly()
    {
        var model = new NodeModel { Options = new() { NodeEvictionRate = 1 } };
        Fill(model, nodes: 10, zones: 0);
        model.Node("n9").Spec.Taints = [new V1Taint { Key = "node.kubernetes.io/unreachable", Effect = "NoExecute", TimeAdded = ClusterModel.Start.AddHours(1).UtcDateTime }];
        model.Node("n9").Status.Conditions.Single(condition => condition.Type == "Ready").Status = "Unknown";

        model.Run(10, Names(0, 8));

        HasNoExecute(model.Node("n8")).ShouldBeTrue();
    }

    [Fact]
    public void Decide_NodeWhoseWritesAreRefused_TakesNoPlaceOfOthers()
    {
        var model = new NodeModel { Options = new() { NodeEvictionRate = 0.1 } };
        Fill(model, nodes: 10, zones: 0);
        model.Seconds = 8;
        foreach (var name in Names(0, 8))
            model.Heartbeat(name);
        model.Step();

        var plan = NodeLifecyclePlanner.Decide(model.Input() with { IsSetAside = static (_, key) => key.Name == "n8" });

        plan.Actions.Select(action => action.Key.Name).ShouldBe(["n9"]);
    }

    [Fact]
    public void Decide_NodeDeletedWhileMostAreSilent_LosesItsPods()
    {
        var model = Cluster(nodes: 10);
        model.Run(60, Names(0, 4));

        model.Cluster.Remove(model.Node("n9"));
        model.Run(90, Names(0, 4));

        model.Evictions.ShouldBe([("p9", false, 68.5), ("p9", true, 73.5)]);
    }

    [Fact]
    public void Decide_UsersTaintWhileMostAreSilent_StillDrivesPodsOutOfLivingNodes()
    {
        var model = Cluster(nodes: 10);
        model.Run(60, Names(0, 4));

        model.Node("n0").Spec.Taints = [new V1Taint { Key = "maintenance", Effect = "NoExecute" }];
        model.Run(65, Names(0, 4));

        model.Evictions.ShouldHaveSingleItem().Pod.ShouldBe("p0");
    }

    /// <summary>An unhealthy node is spared what the controller concludes, but not what an operator wants.</summary>
    [Theory]
    [InlineData(4, "Unknown")]
    [InlineData(4, "False")]
    [InlineData(0, "Unknown")]
    [InlineData(0, "False")]
    public void Decide_UsersTaintOfAnUnhealthyNodeWhileMostAreSilent_DrivesPodsOutGracefully(int healthy, string ready)
    {
        var model = Cluster(nodes: 10);
        model.AddPod("tolerant", "n9", change: pod => pod.Spec.Tolerations.Add(new V1Toleration { Key = "maintenance", OperatorProperty = "Exists" }));
        model.AddPod("patient", "n9", change: pod => pod.Spec.Tolerations.Add(new V1Toleration { Key = "maintenance", OperatorProperty = "Exists", TolerationSeconds = 20 }));
        string[] heardOf = [.. Names(0, healthy), .. ready == "False" ? Names(9, 1) : []];
        model.Run(30, heardOf);
        if (ready == "False")
            model.Report("n9", ready);
        model.Run(60, heardOf);
        model.Evictions.Clear();

        model.Node("n9").Spec.Taints.Add(new V1Taint { Key = "maintenance", Effect = "NoExecute" });
        model.Run(100, heardOf);

        model.Evictions.ShouldBe([("p9", false, 60.5), ("patient", false, 80)]);
    }

    [Fact]
    public void Decide_NotReadyNodeFallsSilentWhileMostAreSilent_KeepsATaintForItsPods()
    {
        var model = Cluster(nodes: 10);
        model.Report("n9", ready: "False");
        model.Run(2, Names(0, 10));
        HasNoExecute(model.Node("n9")).ShouldBeTrue();

        model.Run(60, Names(0, 4));

        model.Node("n9").Spec.Taints.Select(taint => taint.Key).Distinct().ShouldBe(["node.kubernetes.io/unreachable"]);
        HasNoExecute(model.Node("n9")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(2, 3, ZoneState.Normal)]
    [InlineData(3, 5, ZoneState.PartialDisruption)]
    [InlineData(5, 10, ZoneState.Normal)]
    [InlineData(54, 100, ZoneState.Normal)]
    [InlineData(55, 100, ZoneState.PartialDisruption)]
    [InlineData(1, 1, ZoneState.FullDisruption)]
    [InlineData(0, 0, ZoneState.Normal)]
    public void Cluster_Losing_IsInTheStateThatKubernetesSays(int lost, int nodes, ZoneState state)
    {
        var model = Cluster(nodes);
        model.Seconds = 8;
        foreach (var name in Names(lost, nodes - lost))
            model.Heartbeat(name);

        NodeLifecyclePlanner.Decide(model.Input()).Cluster.State.ShouldBe(state);
    }

    /// <summary>Whatever nodes live, and in whatever zones: a zone that is paused loses nothing, and the rate is kept.</summary>
    [Fact]
    public void Decide_AnyNodesSilent_KeepsTheRateAndSparesPausedZones() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 3], Gen.Int[1, 4], Gen.Int[0, 0xFFF].Array[1, 3]).Sample((nodes, zones, rate, spans) =>
        {
            var model = new NodeModel { Options = new() { NodeEvictionRate = rate } };
            Fill(model, nodes, zones);
            foreach (var alive in spans)
            {
                for (var end = model.Seconds + 12; model.Seconds < end;)
                {
                    model.Seconds += 0.5;
                    foreach (var name in Names(0, nodes).Where((_, i) => (alive & (1 << i)) != 0))
                        model.Report(name);
                    for (var round = 0; round < 2; round++)
                    {
                        var losing = Losing(model);
                        var plan = model.Step();
                        var paused = Paused(model, plan);
                        plan.Actions.OfType<DeleteObject>().Select(deletion => "n" + deletion.Key.Name[1..]).Where(paused.Contains).ShouldBeEmpty();
                        Losing(model).Except(losing).Where(paused.Contains).ShouldBeEmpty();
                    }

                    var recent = model.Cluster.All<V1Node>().Where(node => TaintedAt(node) == Second(model)).GroupBy(ZoneOf);
                    recent.Where(zone => zone.Count() > rate).ShouldBeEmpty();
                }
            }
        }, iter: 30);

    private static HashSet<string> Paused(NodeModel model, NodeLifecyclePlan plan)
    {
        var zones = plan.Zones.Where(zone => zone.IsPaused).Select(zone => zone.Zone!.Replace("eu/", "", StringComparison.Ordinal)).ToHashSet();
        return [.. model.Cluster.All<V1Node>().Where(node => zones.Contains(ZoneOf(node))).Select(node => node.Metadata.Name)];
    }

    private static HashSet<string> Losing(NodeModel model) => [.. model.Cluster.All<V1Node>().Where(HasNoExecute).Select(node => node.Metadata.Name)];

    private static bool HasNoExecute(V1Node node) => node.Spec.Taints?.Any(taint => taint.Effect == "NoExecute") is true;

    private static DateTime? TaintedAt(V1Node node) => node.Spec.Taints?.FirstOrDefault(taint => taint.Effect == "NoExecute")?.TimeAdded;

    private static DateTime Second(NodeModel model) => ClusterModel.Start.UtcDateTime.AddSeconds(Math.Floor(model.Seconds));

    private static string ZoneOf(V1Node node) => node.Metadata.Labels?["topology.kubernetes.io/zone"] ?? "";

    private static NodeModel Cluster(int nodes, int zones = 0)
    {
        var model = new NodeModel();
        Fill(model, nodes, zones);
        return model;
    }

    /// <summary>Nodes n0, n1, … in turn in zones eu-0, eu-1, …, or in none; with a pod p0, p1, … each.</summary>
    private static void Fill(NodeModel model, int nodes, int zones)
    {
        for (var i = 0; i < nodes; i++)
        {
            var zone = zones == 0 ? null : $"eu-{i % zones}";
            model.AddNode($"n{i}", change: node => node.Metadata.Labels = zone is null ? null : new Dictionary<string, string>
            {
                ["topology.kubernetes.io/region"] = "eu",
                ["topology.kubernetes.io/zone"] = zone,
            });
            model.AddPod($"p{i}", $"n{i}");
        }
    }

    private static string[] Names(int first, int count) => [.. Enumerable.Range(first, count).Select(i => $"n{i}")];
}
