using k8s.Models;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Placements;

/// <summary>Whom each change wakes.</summary>
public sealed class QueueingHintTests
{
    private const string Zone = "zone";
    private const string Hostname = "kubernetes.io/hostname";

    [Fact]
    public void Resources_PodThatGoes_WakesThoseThatFitNow()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "4"), Nodes.Create("b", cpu: "4").WithTaint("k", "v"));
        Running(cluster, Create("q1", "1").On("a"), Create("q2", "3").On("a"), Create("q3", "1").On("b"));
        cluster.Waiting(Create("small", "1"), Create("large", "3"), Create("huge", "5"));
        cluster.WokenBy(cache => cache.RemovePod("uid-q3")).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.RemovePod("uid-q1")).ShouldBe(["small"]);
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("a", cpu: "5"))).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("a", cpu: "6"))).ShouldBe(["large"]);
        cluster.WokenBy(cache => cache.SetPod(Create("q2", "1").On("a"))).ShouldBe(["huge"]);
    }

    [Fact]
    public void Resources_PodsThatGo_AreFollowedByAsManyOfThoseThatAreAlike_AndOneMoreIsTried()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "4"));
        Running(cluster, [.. Enumerable.Range(0, 4).Select(i => Create($"q{i}", "1").On("a"))]);
        cluster.Waiting([.. Enumerable.Range(0, 100).Select(i => Create($"w{i}", "1"))]);
        var before = cluster.Attempts;

        for (var i = 0; i < 2; i++)
            cluster.Queue.Move(cluster.Cache.RemovePod($"uid-q{i}"), WaitingCluster.Start);
        cluster.TryAll();

        cluster.All.Count.ShouldBe(98);
        (cluster.Attempts - before).ShouldBe(3);
    }

    [Fact]
    public void Preemption_PodsThatAreAlike_EachMakeRoomWhileThereIsAny()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "4").Cordoned());
        Running(cluster, [.. Enumerable.Range(0, 4).Select(i => Create($"q{i}", "1").On("a"))]);
        cluster.Waiting([.. Enumerable.Range(0, 100).Select(i => Create($"w{i}", "1").WithPriority(5))]);
        cluster.Victims.ShouldBeEmpty();
        var before = cluster.Attempts;

        cluster.Queue.Move(cluster.Cache.SetNode(Nodes.Create("a", cpu: "4")), WaitingCluster.Start);
        cluster.TryAll();

        cluster.Victims.Count.ShouldBe(4);
        (cluster.Attempts - before).ShouldBeLessThan(15);
    }

    [Fact]
    public void Nodes_ThatChangeOrCome_WakeThoseTheyAdmit()
    {
        var cluster = new WaitingCluster(Nodes.Create("a").WithTaint("k", "v").WithTaint("team", "x"), Nodes.Create("b").Cordoned());
        cluster.Waiting(
            Create("plain"), Create("tolerant").WithToleration("k", "v").WithNodeSelector("disk", "ssd"), Create("choosy").WithNodeSelector("disk", "hdd"));
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("a").WithTaint("k", "v").WithLabel("disk", "none"))).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("a").WithTaint("k", "v").WithLabel("disk", "ssd"))).ShouldBe(["tolerant"]);
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("b"))).ShouldBe(["plain"]);
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("c").WithLabel("disk", "hdd"))).ShouldBe(["choosy"]);
    }

    [Fact]
    public void Nodes_FirstOneThatComesIsTooSmall_AllThatSawNoneAreTold()
    {
        var cluster = new WaitingCluster();
        cluster.Waiting(Create("p", "3"), Create("q", "3"), Create("r", "2"));
        string[] Messages() => [.. cluster.Sleeping.Select(pod => cluster.Queue.Find(pod.Metadata.Uid)!.Failure!.Message).Distinct()];
        Messages().ShouldBe(["no nodes available to schedule pods"]);

        cluster.Queue.Move(cluster.Cache.SetNode(Nodes.Create("n1", cpu: "1")), WaitingCluster.Start);
        cluster.TryAll();

        Messages().ShouldBe(["0/1 nodes are available: 1 Insufficient cpu."]);
        cluster.SleepingNames.ShouldBe(["p", "q", "r"]);
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("n2", cpu: "1"))).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("n3", cpu: "2"))).ShouldBe(["r"]);
    }

    [Fact]
    public void Ports_OnlyThePodThatHoldsThem_WakesWhenItGoes()
    {
        var cluster = new WaitingCluster(Nodes.Create("a"));
        Running(cluster, Create("other").WithHostPort(81).On("a"), Create("holder").WithHostPort(80).On("a"));
        cluster.Waiting(Create("p").WithHostPort(80));
        cluster.WokenBy(cache => cache.RemovePod("uid-other")).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.RemovePod("uid-holder")).ShouldBe(["p"]);
    }

    [Fact]
    public void Affinity_PodThatTermsMean_WakesThoseThatWaitForIt()
    {
        var cluster = new WaitingCluster(Nodes.Create("a"), Nodes.Create("b"));
        Running(cluster, Create("q").WithLabel("app", "db").On("a"));
        cluster.Waiting(Create("near").Near("web", Hostname));
        cluster.WokenBy(cache => cache.SetPod(Create("r").WithLabel("app", "db").On("a"))).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("a").WithLabel("x", "y"))).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.SetPod(Create("q").WithLabel("app", "web").On("a"))).ShouldBe(["near"]);
    }

    [Fact]
    public void AntiAffinity_PodInTheWay_WakesWhenItGoes()
    {
        var cluster = new WaitingCluster(Nodes.Create("a").WithLabel(Zone, "x"), Nodes.Create("b").WithLabel(Zone, "x"));
        Running(cluster, Create("q").WithLabel("app", "db").On("a"), Create("r").WithLabel("app", "cache").On("a"), Create("s").AwayFrom("web", Zone).On("b"));
        cluster.Waiting(Create("away").AwayFrom("db", Zone), Create("web").WithLabel("app", "web"));
        cluster.WokenBy(cache => cache.RemovePod("uid-r")).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.RemovePod("uid-q")).ShouldBe(["away"]);
        cluster.WokenBy(cache => cache.RemovePod("uid-s")).ShouldBe(["web"]);
    }

    [Fact]
    public void AntiAffinity_NodeOfThePodInTheWayLeavesTheZone_WakesForTheOthers()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", pods: 1).WithLabel(Zone, "x"), Nodes.Create("b").WithLabel(Zone, "x"));
        Running(cluster, Create("q").WithLabel("app", "db").On("a"));
        cluster.Waiting(Create("away").AwayFrom("db", Zone));
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("a", pods: 1).WithLabel(Zone, "y"))).ShouldBe(["away"]);
    }

    [Fact]
    public void Spread_ChangeOfADomain_WakesOnlyThoseItCounts()
    {
        var cluster = new WaitingCluster(Nodes.Create("a").WithLabel(Zone, "x"), Nodes.Create("b").WithLabel(Zone, "y").Cordoned());
        Running(cluster, Create("q").WithLabel("app", "web").On("a"), Create("r").WithLabel("app", "db").On("a"));
        cluster.Waiting(Create("p").WithLabel("app", "web").SpreadOver(Zone, 1, "web"));
        cluster.WokenBy(cache => cache.RemovePod("uid-r")).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.SetNode(Nodes.Create("c").WithLabel(Zone, "z").Cordoned())).ShouldBeEmpty();
        cluster.WokenBy(cache => cache.SetPod(Create("s").WithLabel("app", "web").On("b"))).ShouldBe(["p"]);
    }

    [Fact]
    public void Namespace_ThatTermsSelect_WakesThoseThatReadItsLabels()
    {
        var cluster = new WaitingCluster(Nodes.Create("a"));
        var near = Create("near").Near("db", Hostname);
        near.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].NamespaceSelector =
            new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["team"] = "x" } };
        cluster.Waiting(near, Create("big", "100"));
        cluster.WokenBy(cache => cache.SetNamespace(new V1Namespace
        {
            Metadata = new V1ObjectMeta { Name = "other", Labels = new Dictionary<string, string> { ["team"] = "x" } },
        })).ShouldBe(["near"]);
    }

    [Fact]
    public void Preemption_RoomThatAPodOfItsPriorityLeaves_WakesThoseThatCouldTakeTheRest()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "4"));
        Running(cluster, Create("low", "2").On("a"), Create("equal", "1").WithPriority(5).On("a"), Create("last", "1").WithPriority(5).On("a"));
        cluster.Waiting(Create("p", "3").WithPriority(5), Create("q", "4").WithPriority(5), Create("modest", "3"));
        cluster.WokenBy(cache => cache.RemovePod("uid-equal")).ShouldBe(["p"]);
    }

    [Fact]
    public void Preemption_VictimThatGoes_WakesThePodThatRoomIsMadeFor()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "2"));
        Running(cluster, Create("v1", "1").On("a"), Create("v2", "1").On("a"));
        cluster.Waiting(Create("p", "2").WithPriority(5), Create("patient", "1"));
        cluster.Victims.Count.ShouldBe(2);
        cluster.WokenBy(cache => cache.RemovePod("uid-v1")).ShouldBe(["p"]);
        cluster.TryAll().WokenBy(cache => cache.RemovePod("uid-v2")).ShouldBe(["p"]);
        cluster.TryAll().SleepingNames.ShouldBe(["patient"]);
    }

    [Fact]
    public void Preemption_PodThatWaitsForItsVictims_LeavesWhatTheOthersWaitFor()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "2"), Nodes.Create("b", cpu: "2").WithTaint("k", "v"));
        Running(cluster, Create("firm", "1").WithPriority(5).On("a"), Create("v", "1").On("a"), Create("w", "1").On("b"));
        cluster.Waiting(Create("p", "2").WithPriority(5), Create("q", "2").WithPriority(5)).Victims.ShouldBeEmpty();
        var group = cluster.Queue.Find("uid-q")!.Group!;
        var keptFrom = group.KeptFromPreemptionOn.ShouldNotBeNull();

        group.Note(new Unschedulable { NodeCount = 2, Reasons = [], Plugins = [], IsOfItAlone = true });

        group.KeptFromPreemptionOn.ShouldBeSameAs(keptFrom);
    }

    [Fact]
    public void Preemption_VictimThatMayNotBeEvicted_WakesThePodToLookElsewhere()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "2"));
        Running(cluster, Create("v", "2").On("a"));
        cluster.Waiting(Create("p", "2").WithPriority(5));
        cluster.WokenBy(cache => cache.Spare(cache.Pods.Find("uid-v")!.Info)).ShouldBe(["p"]);
    }

    [Fact]
    public void Preemption_PodThatIsOutbid_LooksForAnotherNode()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "2"), Nodes.Create("b", cpu: "2"));
        Running(cluster, Create("v", "2").On("a"), Create("w", "2").WithPriority(1).On("b"));
        cluster.Waiting(Create("p", "2").WithPriority(5)).Victims.ShouldBe(["uid-v"]);
        cluster.Waiting(Create("higher", "2").WithPriority(6).WithNodeSelector("kubernetes.io/hostname", "a"));
        cluster.Victims.ShouldBe(["uid-v", "uid-w"], ignoreOrder: true);
    }

    [Fact]
    public void Update_OfAPodThatSleeps_WakesItIfThatMayHelp()
    {
        var cluster = new WaitingCluster(Nodes.Create("a", cpu: "1").WithTaint("k", "v"));
        cluster.Waiting(Create("p"));
        var now = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
        cluster.Queue.Update(Create("p").WithLabel("note", "read").Info(), now);
        cluster.SleepingNames.ShouldBe(["p"]);
        cluster.Queue.Update(Create("p").WithToleration("k", "v").Info(), now);
        cluster.SleepingNames.ShouldBeEmpty();
    }

    private static void Running(WaitingCluster cluster, params V1Pod[] pods)
    {
        foreach (var pod in pods)
            cluster.Cache.SetPod(pod);
    }
}
