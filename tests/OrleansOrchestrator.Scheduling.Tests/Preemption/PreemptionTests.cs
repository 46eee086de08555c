using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Tests.Building;
using OrleansOrchestrator.Scheduling.Tests.Oracle;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Preemption;

public sealed class PreemptionTests
{
    [Fact]
    public void Preempt_NoLowerPriority_SaysSo() =>
        new Harness(Nodes.Create("a", cpu: "2"), Nodes.Create("b").WithTaint("k", "v")).Running(Create("q", "2").On("a"))
            .Preempt(Create("p", "1")).Message.ShouldBe(
                "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {k: v}. "
                + "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.");

    [Fact]
    public void Preempt_MirrorPods_AreNoVictims()
    {
        var mirror = Create("q", "2").On("a");
        mirror.Metadata.Annotations = new Dictionary<string, string> { [StaticPods.MirrorAnnotation] = "hash" };
        new Harness(Nodes.Create("a", cpu: "2")).Running(mirror).Preempt(Create("p", "1").WithPriority(10)).Message.ShouldBe(
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
    }

    [Fact]
    public void Preempt_NodeTooSmallEvenEmpty_IsNotHelpful() =>
        new Harness(Nodes.Create("a", cpu: "2")).Running(Create("q", "1").On("a"))
            .Preempt(Create("p", "3").WithPriority(10)).Message.ShouldBe(
                "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");

    [Fact]
    public void Preempt_PolicyNever_IsNotEligible()
    {
        var pod = Create("p", "2").WithPriority(10);
        pod.Spec.PreemptionPolicy = "Never";
        new Harness(Nodes.Create("a", cpu: "2")).Running(Create("q", "1").On("a")).Preempt(pod).Message
            .ShouldBe("0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.");
    }

    [Fact]
    public void Preempt_VictimsStillTerminating_WaitsForThem()
    {
        var victim = Create("q", "2").On("a");
        victim.Metadata.DeletionTimestamp = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        victim.Status.Conditions = [PodDisruption.PreemptionBy("default-scheduler").Since(victim.Metadata.DeletionTimestamp.Value)];
        var pod = Create("p", "2").WithPriority(10);
        pod.Status.NominatedNodeName = "a";
        new Harness(Nodes.Create("a", cpu: "2")).Running(victim).Waiting(pod).Preempt(pod).Message
            .ShouldBe("0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.");
    }

    [Fact]
    public void Preempt_PodsThatEndForOtherReasons_DoNotStopIt()
    {
        var ending = Create("q", "2").On("a");
        ending.Metadata.DeletionTimestamp = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var pod = Create("p", "2").WithPriority(10);
        pod.Status.NominatedNodeName = "a";
        new Harness(Nodes.Create("a", cpu: "2")).Running(ending).Waiting(pod).Preempt(pod).Outcome.Victims.Select(victim => victim.Name).ShouldBe(["q"]);
    }

    [Fact]
    public void Preempt_TwiceBeforeTheVictimIsSeenToEnd_EvictsNobodyElse()
    {
        var harness = new Harness(Nodes.Create("a", cpu: "1"), Nodes.Create("b", cpu: "1"))
            .Running(Create("q", "1").On("a").WithPriority(1), Create("r", "1").On("b").WithPriority(2));
        var pod = Create("p", "1").WithPriority(5);
        var (first, _) = harness.Preempt(pod);
        harness.Cache.Nominate(pod.Info(), first.NodeName!, first.Victims);

        harness.Preempt(pod).Outcome.Victims.ShouldBeEmpty();
        harness.Cache.Spare(first.Victims[0]);
        harness.Preempt(pod).Outcome.Victims.Select(victim => victim.Name).ShouldBe(["q"]);
    }

    [Fact]
    public void Nominated_RoomMadeForAPod_IsTakenByNoneOfItsPriority()
    {
        var harness = new Harness(Nodes.Create("a", cpu: "2"), Nodes.Create("b", cpu: "1"));
        var waiting = Create("high", "2").WithPriority(10);
        waiting.Status.NominatedNodeName = "a";
        harness.Waiting(waiting);

        harness.Choices(Create("low", "1")).ShouldBe(["b"]);
        harness.Refuse(Create("low", "2")).ShouldBe("0/2 nodes are available: 2 Insufficient cpu.");
        harness.Refuse(Create("equal", "2").WithPriority(10)).ShouldBe("0/2 nodes are available: 2 Insufficient cpu.");
        harness.Place(Create("higher", "2").WithPriority(11)).ShouldBe("a");
        harness.Place(waiting).ShouldBe("a");
    }

    [Fact]
    public void Nominated_Ended_LeavesTheRoomToOthers()
    {
        var harness = new Harness(Nodes.Create("a", cpu: "2"));
        var waiting = Create("high", "2").WithPriority(10);
        waiting.Status.NominatedNodeName = "a";
        harness.Cache.SetPod(waiting).Kinds().ShouldBe(ClusterEvents.None);
        harness.Refuse(Create("low", "2")).ShouldContain("Insufficient cpu");

        waiting.Status.NominatedNodeName = null;
        harness.Cache.SetPod(waiting).Kinds().ShouldBe(ClusterEvents.AssignedPodRemoved);
        harness.Place(Create("low", "2")).ShouldBe("a");
    }

    [Fact]
    public void Nominated_BeforeItsStatusSaysSo_IsKept()
    {
        var harness = new Harness(Nodes.Create("a", cpu: "2"));
        var waiting = Create("high", "2").WithPriority(10);
        harness.Cache.Nominate(waiting.Info(), "a", []);
        harness.Waiting(waiting);

        harness.Refuse(Create("low", "2")).ShouldContain("Insufficient cpu");
        harness.Cache.RemovePod(waiting.Metadata.Uid).Kinds().ShouldBe(ClusterEvents.AssignedPodRemoved);
        harness.Place(Create("low", "2")).ShouldBe("a");
    }

    [Fact]
    public void Preempt_NodeThatWasForALesserPod_OutbidsIt()
    {
        var harness = new Harness(Nodes.Create("a", cpu: "2")).Running(Create("q", "2").On("a"));
        var lesser = Create("lesser", "2").WithPriority(5);
        lesser.Status.NominatedNodeName = "a";
        harness.Waiting(lesser).Preempt(Create("p", "2").WithPriority(10)).Outcome.Outbid.Select(other => other.Name).ShouldBe(["lesser"]);
    }

    [Fact]
    public void Preempt_ThatHelpsNoMore_EndsTheNomination() =>
        new Harness(Nodes.Create("a", cpu: "2")).Running(Create("q", "2").On("a").WithPriority(20))
            .Preempt(Create("p", "1").WithPriority(10)).Outcome.EndsNomination.ShouldBeTrue();

    [Fact]
    public void Preempt_SeveralPods_EvictsOnlyThoseNeeded()
    {
        var harness = new Harness(Nodes.Create("a", cpu: "4"))
            .Running(Create("low", "1").On("a").WithPriority(1), Create("middle", "1").On("a").WithPriority(2), Create("top", "2").On("a").WithPriority(9));
        var before = CacheText.Write(harness.Cache);
        var (outcome, message) = harness.Preempt(Create("p", "1").WithPriority(5));
        outcome.NodeName.ShouldBe("a");
        outcome.Victims.Select(victim => victim.Name).ShouldBe(["low"]);
        message.ShouldBe("0/1 nodes are available: 1 Insufficient cpu.");
        CacheText.Write(harness.Cache).ShouldBe(before);
    }

    [Fact]
    public void Preempt_SeveralNodes_TakesTheLeastImportantVictim() =>
        new Harness(Nodes.Create("a", cpu: "1"), Nodes.Create("b", cpu: "1"))
            .Running(Create("q", "1").On("a").WithPriority(3), Create("r", "1").On("b").WithPriority(2))
            .Preempt(Create("p", "1").WithPriority(5)).Outcome.NodeName.ShouldBe("b");

    [Fact]
    public void Preempt_DisruptionBudget_IsSparedWhereThereIsAnotherWay()
    {
        var budget = new V1PodDisruptionBudget
        {
            Metadata = new V1ObjectMeta { Name = "db", NamespaceProperty = "default" },
            Spec = new V1PodDisruptionBudgetSpec { Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "db" } } },
            Status = new V1PodDisruptionBudgetStatus { DisruptionsAllowed = 0 },
        };
        new Harness(Nodes.Create("a", cpu: "1"), Nodes.Create("b", cpu: "1"))
            .Running(Create("q", "1").On("a").WithPriority(1).WithLabel("app", "db"), Create("r", "1").On("b").WithPriority(2))
            .Preempt(Create("p", "1").WithPriority(5), budget).Outcome.NodeName.ShouldBe("b");
    }

    [Fact]
    public void Preempt_AntiAffinity_EvictsThePodInTheWay()
    {
        var (outcome, _) = new Harness(Nodes.Create("a")).Running(Create("q").On("a").WithLabel("app", "db"))
            .Preempt(Create("p").WithPriority(5).AwayFrom("db", "kubernetes.io/hostname"));
        outcome.Victims.Select(victim => victim.Name).ShouldBe(["q"]);
    }
}
