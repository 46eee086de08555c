using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

public sealed class NodeLifecyclePlannerTests
{
    [Fact]
    public void Decide_LivingNodes_OnlySaysWhenToLookAgain()
    {
        var model = new NodeModel();
        model.AddNode("a");
        model.AddPod("web", "a");
        model.Seconds = 3;

        var plan = model.Step();

        plan.Actions.ShouldBeEmpty();
        plan.Cluster.State.ShouldBe(ZoneState.Normal);
        plan.RequeueAfter.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Decide_SilentNode_IsCalledUnknownAndTainted()
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.Run(8, "live");

        var node = model.Node("dead");
        node.Status.Conditions.ShouldAllBe(condition => condition.Status == "Unknown");
        node.Status.Conditions.ShouldAllBe(condition => condition.Reason == "NodeStatusUnknown");
        node.Status.Conditions.ShouldAllBe(condition => condition.Message == "Kubelet stopped posting node status.");
        Taints(node).ShouldBe(["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]);
        node.Spec.Taints.Single(taint => taint.Effect == "NoExecute").TimeAdded.ShouldBe(model.Cluster.Now.UtcDateTime);
        model.Events.ShouldContain(new PlannedEvent("Normal", "NodeNotReady", "Node dead status is now: NodeNotReady"));
        Taints(model.Node("live")).ShouldBeEmpty();
    }

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
    public void Decide_WhatIsSetAside_TakesNoPlaceOfOthers()
    {
        var model = new NodeModel();
        foreach (var name in new[] { "a-refused", "b-silent", "live" })
            model.AddNode(name);
        model.Seconds = 8;
        model.Heartbeat("live");

        var plan = NodeLifecyclePlanner.Decide(model.Input() with
        {
            Options = model.Options with { ActionsMax = 1 },
            IsSetAside = static (_, key) => key.Name == "a-refused",
        });

        plan.Actions.Select(action => action.Key.Name).ShouldBe(["b-silent"]);
    }

    [Fact]
    public void Decide_SilentForLessThanTheLease_NothingHappens()
    {
        var model = new NodeModel();
        model.AddNode("quiet");
        model.AddNode("live");
        model.Run(7.9, "live");

        model.Node("quiet").Status.Conditions.ShouldAllBe(condition => condition.Status != "Unknown");
    }

    [Fact]
    public void Decide_NodeThatNeverReported_GetsConditionsThatSaySo()
    {
        var model = new NodeModel();
        model.AddNode("blank", change: node => node.Status = null);
        model.AddNode("live");
        model.Run(8, "live");

        model.Node("blank").Status.Conditions.Select(condition => (condition.Type, condition.Status, condition.Reason)).ShouldBe(
        [
            ("Ready", "Unknown", "NodeStatusNeverUpdated"),
            ("MemoryPressure", "Unknown", "NodeStatusNeverUpdated"),
            ("DiskPressure", "Unknown", "NodeStatusNeverUpdated"),
            ("PIDPressure", "Unknown", "NodeStatusNeverUpdated"),
        ]);
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

    [Fact]
    public void Decide_LeavingPodOfASilentNode_IsForcedOutToo()
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("live");
        model.AddPod("web", "dead", change: pod =>
            (pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds) = (model.Cluster.Now.UtcDateTime, 30));

        model.Run(20, "live");

        model.Evictions.ShouldBe([("web", true, 13.0)]);
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
    public void Decide_NodeComesBack_LosesItsTaintsAndKeepsItsPods()
    {
        var model = new NodeModel();
        model.AddNode("flaky");
        model.AddNode("live");
        model.AddPod("web", "flaky");
        model.Run(12.5, "live");

        model.Report("flaky");
        model.Run(60, "live", "flaky");

        Taints(model.Node("flaky")).ShouldBeEmpty();
        model.Evictions.ShouldBeEmpty();
    }

    [Fact]
    public void Decide_LeaseRenewedButStatusStillUnknown_EvictsNothing()
    {
        var model = new NodeModel();
        model.AddNode("slow");
        model.AddNode("live");
        model.AddPod("web", "slow");
        model.Run(12.5, "live");

        model.Run(60, "live", "slow");

        model.Evictions.ShouldBeEmpty();
    }

    [Fact]
    public void Decide_ObserverThatSeesNoRenewals_TakesNoNodeForSilent()
    {
        var model = new NodeModel { SeenUntilSeconds = 1 };
        model.AddNode("a");
        model.AddNode("b");
        model.AddPod("web", "a");

        model.Run(100, "b");

        model.Node("a").Status.Conditions.ShouldAllBe(condition => condition.Status != "Unknown");
        model.Evictions.ShouldBeEmpty();
    }

    [Fact]
    public void Decide_AllNodesSilent_EvictsNothingAndLeavesPodsReady()
    {
        var model = new NodeModel();
        model.AddNode("a");
        model.AddNode("b");
        model.AddPod("web", "a");

        model.Run(100);

        model.LastPlan!.Cluster.State.ShouldBe(ZoneState.FullDisruption);
        Taints(model.Node("a")).ShouldBe(["node.kubernetes.io/unreachable:NoSchedule"]);
        model.Pod("web").ShouldNotBeNull().Condition(PodConditionTypes.Ready)!.Status.ShouldBe("True");
    }

    [Fact]
    public void Decide_DisruptionEnds_GivesTheOthersTheirFullTimeAgain()
    {
        var model = new NodeModel();
        model.AddNode("a");
        model.AddNode("b");
        model.AddPod("web", "a");
        model.Run(100);

        model.Report("b");
        model.Run(112.5, "b");
        model.Evictions.ShouldBeEmpty();

        model.Run(120, "b");
        model.Evictions.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            eviction => eviction.Pod.ShouldBe("web"),
            eviction => eviction.Seconds.ShouldBeGreaterThanOrEqualTo(113));
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

        Taints(model.Node("sick")).ShouldBe(["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"]);
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
    public void Decide_Cordon_IsATaintThatComesAndGoes()
    {
        var model = new NodeModel();
        var node = model.AddNode("a", change: node =>
        {
            node.Spec.Unschedulable = true;
            node.Spec.Taints = [new V1Taint { Key = "mine", Effect = "NoSchedule" }];
        });
        model.Settle();
        Taints(model.Node("a")).ShouldBe(["mine:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"]);

        node = model.Node("a");
        node.Spec.Unschedulable = null;
        model.Settle();
        Taints(model.Node("a")).ShouldBe(["mine:NoSchedule"]);
    }

    [Fact]
    public void Decide_Pressure_IsATaint()
    {
        var model = new NodeModel();
        model.AddNode("a", change: node => node.Status.Conditions.First(condition => condition.Type == "DiskPressure").Status = "True");

        model.Settle();

        Taints(model.Node("a")).ShouldBe(["node.kubernetes.io/disk-pressure:NoSchedule"]);
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
        model.Evictions.ShouldBe([("web", false, 8.5), ("web", true, 13.0)]);
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

    [Fact]
    public void Decide_PodsThatGo_SayWhyAsKubernetesDoes()
    {
        var model = new NodeModel();
        model.AddNode("live");
        model.AddNode("dead");
        model.AddNode("tainted", change: node => node.Spec.Taints = [new V1Taint { Key = "maintenance", Effect = "NoExecute" }]);
        model.AddPod("lost", "dead", change: Tracked);
        model.AddPod("driven-out", "tainted");
        model.AddPod("leaving", "dead", change: pod =>
        {
            Tracked(pod);
            (pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds) = (model.Cluster.Now.UtcDateTime, 30);
        });
        model.AddPod("orphan", "gone", change: Tracked);

        model.Run(30, "live", "tainted");

        Told("lost").ShouldBe(("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", "Failed"));
        Told("driven-out").ShouldBe(("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", "Running"));
        Told("leaving").ShouldBe((null, null, "Failed"));
        Told("orphan").ShouldBe(("DeletionByPodGC", "PodGC: node no longer exists", "Failed"));

        // A finalizer keeps the pod, as that of a Job does.
        static void Tracked(V1Pod pod) => pod.Metadata.Finalizers = ["batch.kubernetes.io/job-tracking"];
        (string?, string?, string) Told(string name)
        {
            var pod = model.Pod(name).ShouldNotBeNull();
            pod.Metadata.DeletionTimestamp.ShouldNotBeNull();
            var condition = pod.Condition(PodConditionTypes.DisruptionTarget);
            return (condition?.Reason, condition?.Message, pod.Status.Phase);
        }
    }

    [Fact]
    public void Decide_NoNodesAtAll_EvictsNothing()
    {
        var model = new NodeModel();
        model.AddPod("web", "unknown");

        model.Run(60);

        model.Evictions.ShouldBeEmpty();
        model.LastPlan!.Cluster.State.ShouldBe(ZoneState.Normal);
    }

    [Fact]
    public void Decide_MoreThanOnePlanHolds_ContinuesAtOnce()
    {
        var model = new NodeModel { Options = new() { ActionsMax = 3 } };
        model.AddNode("live");
        for (var i = 0; i < 5; i++)
            model.AddNode($"dead-{i}");
        model.Seconds = 8;
        model.Heartbeat("live");

        var plan = model.Step();

        plan.Actions.Count.ShouldBe(3);
        plan.RequeueAfter.ShouldBe(TimeSpan.Zero);
    }

    private static IEnumerable<string> Taints(V1Node node) => (node.Spec.Taints ?? []).Select(taint => $"{taint.Key}:{taint.Effect}");
}
