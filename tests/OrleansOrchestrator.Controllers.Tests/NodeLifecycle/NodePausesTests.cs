using CsCheck;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

/// <summary>What follows when nodes were spared because too many were lost, and no longer are.</summary>
public sealed class NodePausesTests
{
    private static readonly string[] All = Names(0, 10);

    /// <summary>n5 to n8 are tainted when the others fall silent, so that their time is long over when the pause ends.</summary>
    [Fact]
    public void Decide_PauseEndsForNodesThatWereTaintedBefore_GivesThemTheirFullTime()
    {
        var model = Cluster();
        model.Run(1, All);
        model.Run(3, Names(0, 5));
        model.Run(10, Names(0, 4));
        model.Node("n9").Spec.Taints.Count.ShouldBe(2);
        model.Run(70, Names(0, 4));
        model.LastPlan!.Cluster.IsPaused.ShouldBeTrue();

        model.Report("n4");
        model.Run(83, Names(0, 5));
        model.Evictions.ShouldBeEmpty();
        model.Run(84, Names(0, 5));

        model.Evictions.ShouldBe([.. Names(5, 5).Select(name => ($"p{name[1]}", true, 83.5))]);
    }

    /// <summary>The same if the pause ends since nodes are removed, added, or are of another zone.</summary>
    [Theory]
    [InlineData("a silent node is deleted")]
    [InlineData("nodes are added")]
    [InlineData("a node moves to another zone")]
    public void Decide_PauseEndsSinceTheZoneChanges_GivesItsNodesTheirFullTime(string how)
    {
        var model = Cluster();
        model.Run(3, Names(0, 5));
        model.Run(70, Names(0, 4));

        if (how == "a silent node is deleted")
            model.Cluster.Remove(model.Node("n4"));
        else if (how == "nodes are added")
            Add(model, 10, 5);
        else
            model.Node("n9").Metadata.Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = "other" };
        model.Run(83, [.. Names(0, 4), .. Names(10, how == "nodes are added" ? 5 : 0)]);

        model.Evictions.ShouldAllBe(eviction => !eviction.IsForced && eviction.Pod == "p4");
    }

    [Fact]
    public void Decide_PauseOfNodesThatAreNotReadyEnds_AsksTheirPodsToGoAfterTheirFullTime()
    {
        var model = Cluster();
        foreach (var name in Names(5, 5))
            model.Report(name, ready: "False");
        model.Run(2, All);
        model.Report("n4", ready: "False");
        model.Run(60, All);
        model.Evictions.ShouldBeEmpty();

        model.Report("n4");
        model.Run(65, All);
        model.Evictions.ShouldBeEmpty();
        model.Run(75, All);

        model.Evictions.Select(eviction => (eviction.Pod, eviction.IsForced)).ShouldBe(Names(5, 5).Select(name => ($"p{name[1]}", false)));
    }

    /// <summary>A node that was silent, a pod of a node that is gone, and the readiness of pods.</summary>
    [Fact]
    public void Decide_FirstNodeIsHeardOfAgain_GivesEverythingElseItsFullTime()
    {
        var model = new NodeModel();
        foreach (var name in (string[])["a", "b", "c"])
        {
            model.AddNode(name);
            model.AddPod($"pod-{name}", name);
        }

        model.AddPod("orphan", "gone");
        model.Run(6, "b", "c");
        model.Report("b", ready: "False");
        model.Report("c", ready: "False");
        model.Run(60, "b");
        model.Pod("pod-a").ShouldNotBeNull().IsReady.ShouldBeTrue();

        model.Report("b");
        model.Run(67.5, "b");
        model.Pod("pod-a").ShouldNotBeNull().IsReady.ShouldBeTrue("its node has the time of its lease");
        model.Evictions.ShouldBeEmpty();
        model.Run(80, "b");

        model.Evictions.Where(eviction => eviction.IsForced).ShouldBe([("orphan", true, 73.5), ("pod-a", true, 73.5), ("pod-c", true, 73.5)], ignoreOrder: true);
    }

    /// <summary>Its pods are over their time, but its node is ready again: the taint goes, and not the pods.</summary>
    [Fact]
    public void Decide_NodeThatWasNotReadyIsReadyAgainAfterAPause_KeepsItsPods()
    {
        var model = Cluster();
        foreach (var name in Names(4, 6))
            model.Report(name, ready: "False");
        model.Run(60, All);

        foreach (var name in Names(4, 6))
            model.Report(name);
        model.Run(80, All);

        model.Evictions.ShouldBeEmpty();
    }

    [Fact]
    public void Decide_ObserverThatBegins_GivesNodesThatAreNotReadyTheirFullTime()
    {
        var model = new NodeModel();
        model.AddNode("live");
        model.AddNode("sick", ready: "False", node => node.Spec.Taints = [new V1Taint { Key = TaintKeys.NotReady, Effect = "NoExecute", TimeAdded = ClusterModel.Start.AddHours(-1).UtcDateTime }]);
        model.AddPod("web", "sick");

        model.Run(10, "live", "sick");

        model.Evictions.ShouldBe([("web", false, 5.5)]);
    }

    [Fact]
    public void Decide_ObserverThatSawNothingForAWhile_GivesNodesThatAreNotReadyTheirFullTime()
    {
        var model = new NodeModel();
        model.AddNode("live");
        model.AddNode("sick");
        model.AddPod("web", "sick");
        model.Run(2, "live", "sick");
        model.Report("sick", ready: "False");
        model.Run(4, "live", "sick");

        model.Seconds = 60;
        model.Heartbeat("live");
        model.Heartbeat("sick");
        model.UnseenSinceSeconds = 8;
        model.Settle();
        model.UnseenSinceSeconds = null;
        model.Run(70, "live", "sick");

        model.Evictions.ShouldBe([("web", false, 68)], "not before its node could have said for the time of its lease that it is ready");
    }

    /// <summary>Half of the nodes are dead, and one that comes and goes makes them most of the nodes again and again.</summary>
    [Theory]
    [InlineData(10, 10, false)]
    [InlineData(60, 9, false)]
    [InlineData(10, 10, true)]
    [InlineData(1, 1, true)]
    [InlineData(300, 2, true)]
    [InlineData(0.5, 0.5, true)]
    public void Decide_NodeComesAndGoes_DelaysTheReplacementOfDeadOnesOnlySoLong(double away, double back, bool isHeardOf)
    {
        var model = Cluster();
        model.AddPod("patient", "n9", tolerationSeconds: 20);
        var pauses = 0;
        IEnumerable<string> Replaced() => model.Evictions.Select(eviction => eviction.Pod).Where(pod => pod != "p4");
        for (var round = 0; Replaced().Count() < 6 && round < 100; round++)
        {
            if (isHeardOf)
                model.Report("n4", ready: "False");
            model.Run(model.Seconds + away + (isHeardOf ? 0 : 8), [.. Names(0, isHeardOf ? 5 : 4)]);
            pauses += model.LastPlan!.Cluster.IsPaused ? 1 : 0;
            model.Report("n4");
            model.Run(model.Seconds + back, Names(0, 5));
        }

        pauses.ShouldBeGreaterThan(1);
        Replaced().Order().ShouldBe(["p5", "p6", "p7", "p8", "p9", "patient"]);
    }

    /// <summary>A short pause, soon after the first, takes nothing of the time that the nodes have after it.</summary>
    [Fact]
    public void Decide_SecondPauseFollowsTheFirstAtOnce_GivesNoLessThanTheFullTime()
    {
        var model = Cluster();
        model.Run(2, All);
        foreach (var name in Names(4, 6))
            model.Report(name, ready: "False");
        model.Run(60, All);
        model.LastPlan!.Cluster.IsPaused.ShouldBeTrue();

        model.Report("n4");
        model.Run(61, All);
        model.Report("n4", ready: "False");
        model.Run(61.5, All);
        model.Report("n4");
        model.Run(80, All);

        model.Evictions.Select(eviction => eviction.Seconds).Distinct().ShouldBe([69], "the first pause ends at 60.5, and the second, from 61.5 to 62, does not count");
    }

    /// <summary>
    /// Whatever nodes live: nothing goes in the moment in which its node is no longer spared, or before its full time after the first such
    /// moment.
    /// </summary>
    [Fact]
    public void Decide_AnyNodesComeAndGo_EvictsNothingInTheRoundInWhichAPauseEnds() =>
        Gen.Select(Gen.Int[3, 8], Gen.Int[0, 2], Gen.Select(Gen.Int[0, 255], Gen.Int[0, 255], Gen.Int[1, 60]).Array[2, 12]).Sample((nodes, zones, spans) =>
        {
            var model = new NodeModel();
            Add(model, 0, nodes, zones);
            var spared = new HashSet<string>();
            var firstEnds = new Dictionary<string, double>();
            foreach (var (alive, ready, halfSeconds) in spans)
            {
                for (var i = 0; i < halfSeconds; i++)
                {
                    model.Seconds += 0.5;
                    foreach (var name in Names(0, nodes).Where(name => (alive & (1 << (name[1] - '0'))) != 0))
                        model.Report(name, (ready & (1 << (name[1] - '0'))) != 0 ? "True" : "False");
                    for (var round = 0; round < 3; round++)
                        Step();
                }
            }

            void Step()
            {
                var before = model.Evictions.Count;
                var input = model.Input();
                var plan = model.Step();
                var lost = input.Nodes.Where(node => !IsHealthy(node, input)).Select(node => node.Node.Metadata.Name).ToHashSet();
                var now = lost.Where(name => plan.Cluster.Unhealthy == plan.Cluster.Nodes || IsPaused(model.Node(name), plan)).ToHashSet();
                foreach (var name in spared.Where(name => lost.Contains(name) && !now.Contains(name)))
                    firstEnds.TryAdd(name, model.Seconds);
                foreach (var (pod, isForced, seconds) in model.Evictions.Skip(before))
                {
                    var node = $"n{pod[1]}";
                    spared.ShouldNotContain(node);
                    now.ShouldNotContain(node);
                    if (firstEnds.TryGetValue(node, out var end))
                        (seconds - end).ShouldBeGreaterThanOrEqualTo(isForced ? 13 : 8);
                }

                foreach (var name in firstEnds.Keys.Except(lost).ToList())
                    firstEnds.Remove(name);
                spared = now;
            }
        }, iter: 200);

    private static bool IsHealthy(ObservedNode observed, NodeLifecycleInput input) =>
        (input.SeenUntil - observed.LastHeartbeat).TotalSeconds < 8 && observed.Node.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" });

    private static bool IsPaused(V1Node node, NodeLifecyclePlan plan) =>
        plan.Zones.Single(zone => zone.Zone == (node.Metadata.Labels?["topology.kubernetes.io/zone"] ?? "")).IsPaused;

    private static NodeModel Cluster()
    {
        var model = new NodeModel();
        Add(model, 0, 10);
        return model;
    }

    private static void Add(NodeModel model, int first, int count, int zones = 0)
    {
        for (var i = first; i < first + count; i++)
        {
            var labels = zones == 0 ? null : new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = $"z{i % zones}" };
            model.AddNode($"n{i}", change: node => node.Metadata.Labels = labels);
            model.AddPod($"p{i}", $"n{i}");
        }
    }

    private static string[] Names(int first, int count) => [.. Enumerable.Range(first, count).Select(i => $"n{i}")];
}
