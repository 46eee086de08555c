using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

/// <summary>Which pods of nodes that are silent, tainted or gone are evicted, and when.</summary>
public sealed class NodeEvictionTests
{
    [Theory]
    [InlineData("NoExecute")]
    [InlineData("NoSchedule")]
    public void Decide_SilentNodeOutOfService_LosesPodsThatWouldStayOnceItIsFenced(string effect)
    {
        var model = new NodeModel();
        model.AddNode("dead", change: node => node.Spec.Taints = [new V1Taint { Key = TaintKeys.OutOfService, Value = "nodeshutdown", Effect = effect }]);
        model.AddNode("live");
        model.AddPod("forever", "dead", change: pod => pod.Spec.Tolerations = [new V1Toleration { Key = TaintKeys.Unreachable, OperatorProperty = "Exists" }]);
        model.AddPod("tolerant", "dead", change: pod => pod.Spec.Tolerations = [new V1Toleration { OperatorProperty = "Exists" }]);

        model.Run(12.5, "live");
        model.Evictions.ShouldNotContain(eviction => eviction.IsForced);
        model.Run(13, "live");
        model.Evictions.Where(eviction => eviction.IsForced).ShouldBe([("forever", true, 13.0)]);
        model.Run(60, "live");
        model.Pod("tolerant").ShouldNotBeNull();
    }

    [Fact]
    public void Decide_NodeOutOfServiceWhoseDaemonLives_ForcesNothing()
    {
        var model = new NodeModel();
        model.AddNode("a", change: node => node.Spec.Taints = [new V1Taint { Key = TaintKeys.OutOfService, Value = "nodeshutdown", Effect = "NoExecute" }]);
        model.AddPod("web", "a");

        model.Run(30, "a");

        model.Evictions.ShouldAllBe(eviction => !eviction.IsForced);
    }

    [Fact]
    public void Decide_PodsOfASilentNode_AreNotReadyAtOnceAndForcedOutAfterTheirToleration()
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("web", "dead");
        model.AddPod("other", "live");

        model.Run(12.5, "live");
        var ready = model.Pod("web").ShouldNotBeNull().Condition(PodConditionTypes.Ready).ShouldNotBeNull();
        (ready.Status, ready.Reason).ShouldBe(("False", "NodeNotReady"));
        model.Evictions.ShouldBeEmpty();

        model.Run(13, "live");
        model.Evictions.ShouldBe([("web", true, 13.0)]);
        model.Pod("web").ShouldBeNull();
        model.Pod("other").ShouldNotBeNull().Condition(PodConditionTypes.Ready)!.Status.ShouldBe("True");
        model.Events.ShouldContain(new PlannedEvent("Normal", "TaintManagerEviction", "Marking for deletion Pod shop/web"));
    }

    [Fact]
    public void Decide_PodWithoutToleration_StillWaitsForFencing()
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("web", "dead", tolerationSeconds: null);

        model.Run(20, "live");

        model.Evictions.ShouldBe([("web", true, 13.0)]);
    }

    [Theory]
    [InlineData(60, 68.0)]
    [InlineData(0, 13.0)]
    [InlineData(-5, 13.0)]
    public void Decide_OwnToleration_Counts(long tolerationSeconds, double evictedAt)
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("web", "dead", tolerationSeconds);

        model.Run(80, "live");

        model.Evictions.ShouldBe([("web", true, evictedAt)]);
    }

    [Fact]
    public void Decide_PodThatToleratesForever_Stays()
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("agent", "dead", null, pod => pod.Spec.Tolerations = [new V1Toleration { OperatorProperty = "Exists" }]);

        model.Run(1_000, "live");

        model.Evictions.ShouldBeEmpty();
    }

    [Fact]
    public void Decide_SeveralMatchingTolerations_TheShortestCounts()
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("web", "dead", null, pod => pod.Spec.Tolerations =
        [
            new V1Toleration { OperatorProperty = "Exists" },
            new V1Toleration { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", TolerationSeconds = 20 },
            new V1Toleration { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", TolerationSeconds = 10 },
        ]);

        model.Run(40, "live");

        model.Evictions.ShouldBe([("web", true, 18.0)]);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(0)]
    public void Decide_LeavingPodOfASilentNode_IsForcedOutToo(int graceSeconds)
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("web", "dead", change: pod =>
        {
            pod.Metadata.Finalizers = ["example.com/hold"];
            (pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds) = (model.Cluster.Now.UtcDateTime, graceSeconds);
        });

        model.Run(20, "live");

        model.Evictions.ShouldBe([("web", true, 13.0)]);
        model.Cluster.All<V1Pod>().ShouldHaveSingleItem().Status.Phase.ShouldBe("Failed", "whoever holds it learns that it has ended");
    }

    [Fact]
    public void Decide_EndedPodOfASilentNode_IsKept()
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("job", "dead", change: pod => pod.Status.Phase = "Succeeded");

        model.Run(40, "live");

        model.Evictions.ShouldBeEmpty();
    }

    [Fact]
    public void Decide_NotReadyNodeWhoseDaemonLives_LosesItsPodsGracefully()
    {
        var model = new NodeModel();
        model.AddNode("sick");
        model.AddNode("live");
        model.AddPod("web", "sick");
        model.Report("sick", ready: "False");

        model.Run(10, "live", "sick");

        NodeModel.TaintsOf(model.Node("sick")).ShouldBe(["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"]);
        model.Evictions.ShouldHaveSingleItem().IsForced.ShouldBeFalse();
        model.Pod("web").ShouldNotBeNull().Metadata.DeletionTimestamp.ShouldNotBeNull();
    }

    [Fact]
    public void Decide_UsersNoExecuteTaint_DrivesOutWhoDoesNotTolerateIt()
    {
        var model = new NodeModel();
        model.AddNode("a", change: node => node.Spec.Taints = [new V1Taint { Key = "maintenance", Value = "yes", Effect = "NoExecute" }]);
        model.AddPod("leaves", "a");
        model.AddPod("stays", "a", null, pod => pod.Spec.Tolerations = [new V1Toleration { Key = "maintenance", Value = "yes" }]);
        model.AddPod("stays-a-while", "a", null, pod => pod.Spec.Tolerations =
            [new V1Toleration { Key = "maintenance", OperatorProperty = "Exists", TolerationSeconds = 30 }]);

        model.Run(40, "a");

        // API times have whole seconds, so that the half second at which the taint was seen is not counted.
        model.Evictions.ShouldBe([("leaves", false, 0.5), ("stays-a-while", false, 30.0)]);
        model.Node("a").Spec.Taints.ShouldHaveSingleItem().TimeAdded.ShouldNotBeNull();
    }

    [Fact]
    public void Decide_DeletedNodeWithoutDaemon_LosesItsPodsAfterFencing()
    {
        var model = new NodeModel();
        model.AddNode("live");
        var gone = model.AddNode("gone");
        model.AddPod("web", "gone", null, pod => pod.Spec.Tolerations = [new V1Toleration { OperatorProperty = "Exists" }]);
        model.Cluster.Remove(gone);

        model.Run(30, "live");

        // Asked to go once the node has surely not just been overlooked; removed when its daemon must have stopped it.
        model.Evictions.ShouldBe([("web", false, 8.5), ("web", true, 13.5)]);
        model.Pod("web").ShouldBeNull();
    }

    [Fact]
    public void Decide_DeletedNodeWithLivingDaemon_IsNeverForced()
    {
        var model = new NodeModel();
        model.AddNode("live");
        var gone = model.AddNode("gone");
        model.AddPod("web", "gone");
        model.Cluster.Remove(gone);

        model.Run(60, "live", "gone");

        model.Evictions.ShouldBe([("web", false, 8.5)]);
    }
}
