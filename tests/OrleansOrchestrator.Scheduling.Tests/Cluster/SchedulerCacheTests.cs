using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Cluster;

public sealed class SchedulerCacheTests
{
    private readonly Harness _harness = new(Nodes.Create("a", cpu: "4"));

    private SchedulerCache Cache => _harness.Cache;

    [Fact]
    public void SetPod_AssignedPod_TakesRoomUntilItEnds()
    {
        Cache.SetPod(Create("q", "3").On("a")).Kinds().ShouldBe(ClusterEvents.AssignedPodAdded);
        _harness.Refuse(Create("p", "2")).ShouldContain("Insufficient cpu");
        var ended = Create("q", "3").On("a");
        ended.Status.Phase = "Succeeded";
        Cache.SetPod(ended).Kinds().ShouldBe(ClusterEvents.AssignedPodRemoved);
        _harness.Place(Create("p", "2")).ShouldBe("a");
        Cache.PodCount.ShouldBe(0);
    }

    [Fact]
    public void SetPod_SameVersionAgain_ChangesNothing()
    {
        Cache.SetPod(Create("q", "3").On("a"));
        Cache.SetPod(Create("q", "3").On("a")).Kinds().ShouldBe(ClusterEvents.None);
        _harness.Place(Create("p", "1")).ShouldBe("a");
    }

    [Fact]
    public void SetPod_ResizedPod_TakesTheNewAmount()
    {
        Cache.SetPod(Create("q", "3").On("a"));
        Cache.SetPod(Create("q", "1").On("a")).Kinds().ShouldBe(ClusterEvents.AssignedPodChanged);
        _harness.Place(Create("p", "3")).ShouldBe("a");
    }

    [Fact]
    public void SetPod_PodThatIsResized_TakesTheMostOfWhatItAsksForAndHas()
    {
        var pod = Create("q", "1").On("a");
        pod.Status.ContainerStatuses = [StatusOf("3")];
        Cache.SetPod(pod);
        _harness.Refuse(Create("p", "2")).ShouldContain("Insufficient cpu");

        var shrunk = Create("q", "1").On("a");
        shrunk.Status.ContainerStatuses = [StatusOf("1")];
        Cache.SetPod(shrunk).Kinds().ShouldBe(ClusterEvents.AssignedPodChanged);
        _harness.Place(Create("p", "2")).ShouldBe("a");

        // What a node can never grant does not count.
        var infeasible = Create("q", "4").On("a");
        infeasible.Status.ContainerStatuses = [StatusOf("1")];
        infeasible.Status.Conditions = [new V1PodCondition { Type = "PodResizePending", Status = "True", Reason = "Infeasible" }];
        Cache.SetPod(infeasible);
        _harness.Place(Create("r", "1")).ShouldBe("a");

        V1ContainerStatus StatusOf(string cpu) => new()
        {
            Name = pod.Spec.Containers[0].Name,
            AllocatedResources = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu) },
            Resources = new V1ResourceRequirements(),
        };
    }

    [Fact]
    public void Assume_Placement_TakesRoomAndIsConfirmedOnce()
    {
        var pod = Create("q", "3").Info();
        Cache.Assume(pod, "a").ShouldBeTrue();
        Cache.Assume(pod, "a").ShouldBeFalse();
        Cache.IsAssumed(pod).ShouldBeTrue();
        _harness.Refuse(Create("p", "2")).ShouldContain("Insufficient cpu");

        Cache.SetPod(Create("q", "3")).Kinds().ShouldBe(ClusterEvents.None);
        Cache.IsAssumed(pod).ShouldBeTrue();
        Cache.SetPod(Create("q", "3").On("a")).Kinds().ShouldBe(ClusterEvents.AssignedPodAdded);
        Cache.IsAssumed(pod).ShouldBeFalse();
        _harness.Place(Create("p", "1")).ShouldBe("a");
        Cache.Forget(pod).Kinds().ShouldBe(ClusterEvents.None);
        Cache.PodCount.ShouldBe(1);
    }

    [Fact]
    public void Assume_ConfirmedOnAnotherNode_MovesThere()
    {
        Cache.SetNode(Nodes.Create("b", cpu: "4"));
        Cache.Assume(Create("q", "3").Info(), "a");
        Cache.SetPod(Create("q", "3").On("b"));
        _harness.Place(Create("p", "3")).ShouldBe("a");
        Cache.PodCount.ShouldBe(1);
    }

    [Fact]
    public void Forget_AssumedPlacement_GivesTheRoomBack()
    {
        var pod = Create("q", "3").Info();
        Cache.Assume(pod, "a");
        Cache.Forget(pod).Kinds().ShouldBe(ClusterEvents.AssignedPodRemoved);
        _harness.Place(Create("p", "4")).ShouldBe("a");
    }

    [Fact]
    public void SetNode_Heartbeat_ChangesNothing() => Cache.SetNode(Nodes.Create("a", cpu: "4")).Kinds().ShouldBe(ClusterEvents.None);

    [Fact]
    public void SetNode_Changes_AreTold()
    {
        Cache.SetNode(Nodes.Create("a", cpu: "5")).Kinds().ShouldBe(ClusterEvents.NodeAllocatableChanged);
        Cache.SetNode(Nodes.Create("a", cpu: "5").WithLabel("x", "y")).Kinds().ShouldBe(ClusterEvents.NodeLabelsChanged);
        Cache.SetNode(Nodes.Create("a", cpu: "5").WithLabel("x", "y").Cordoned()).Kinds().ShouldBe(ClusterEvents.NodeTaintsChanged);
        Cache.SetNode(Nodes.Create("a")).Kinds().ShouldBe(
            ClusterEvents.NodeAllocatableChanged | ClusterEvents.NodeLabelsChanged | ClusterEvents.NodeTaintsChanged);
    }

    [Fact]
    public void RemoveNode_NodeComesBack_StillCountsItsPods()
    {
        Cache.SetPod(Create("q", "3").On("a"));
        Cache.RemoveNode("a").Kinds().ShouldBe(ClusterEvents.NodeRemoved);
        _harness.Refuse(Create("p")).ShouldBe("no nodes available to schedule pods");
        Cache.SetNode(Nodes.Create("a", cpu: "4")).Kinds().ShouldBe(ClusterEvents.NodeAdded);
        _harness.Refuse(Create("p", "2")).ShouldContain("Insufficient cpu");
    }

    [Fact]
    public void SetPod_NodeNotYetKnown_CountsOnceItIs()
    {
        Cache.SetPod(Create("q", "3").On("later"));
        Cache.SetNode(Nodes.Create("later", cpu: "8"));
        Cache.RemoveNode("a");
        _harness.Refuse(Create("p", "6")).ShouldBe("0/1 nodes are available: 1 Insufficient cpu.");
        _harness.Place(Create("p", "5")).ShouldBe("later");
    }

    [Fact]
    public void RemoveNode_RightAfterItsLastPod_LeavesKeptEvaluationsRight()
    {
        for (var i = 0; i < 20; i++)
            Cache.SetNode(Nodes.Create($"n{i}"));
        Cache.SetPod(Create("q", "1").On("a"));
        _harness.Schedule(Create("p", "3").WithHostPort(80));
        Cache.RemovePod("uid-q");
        Cache.RemoveNode("a");
        _harness.Place(Create("p", "3").WithHostPort(80)).ShouldNotBe("a");
    }

    [Fact]
    public void NoteWritten_ObjectThatIsGoneSince_StaysAway()
    {
        var claim = VolumeObjects.ClaimOf("data");
        VolumeObjects.Set(Cache, claim);
        var written = VolumeObjects.ClaimOf("data", volume: "disk");
        written.Metadata.ResourceVersion = $"{long.Parse(claim.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture) + 1}";
        var (input, key) = (ObjectInputs.PersistentVolumeClaims, VolumeObjects.KeyOf(claim));

        Cache.NoteWritten(input, key, written).Kinds().ShouldBe(input.Changed);
        Cache.RemoveObject(input, key);
        Cache.NoteWritten(input, key, written).ShouldBeEmpty();
        Cache.ObjectsOf(input).All.ShouldBeEmpty();
    }
}
