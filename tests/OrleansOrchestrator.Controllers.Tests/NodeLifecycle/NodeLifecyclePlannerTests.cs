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
        NodeModel.TaintsOf(node).ShouldBe(["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]);
        node.Spec.Taints.Single(taint => taint.Effect == "NoExecute").TimeAdded.ShouldBe(model.Cluster.Now.UtcDateTime);
        model.Events.ShouldContain(new PlannedEvent("Normal", "NodeNotReady", "Node dead status is now: NodeNotReady"));
        NodeModel.TaintsOf(model.Node("live")).ShouldBeEmpty();
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
    public void Decide_NodeComesBack_LosesItsTaintsAndKeepsItsPods()
    {
        var model = new NodeModel();
        model.AddNode("flaky");
        model.AddNode("live");
        model.AddPod("web", "flaky");
        model.Run(12.5, "live");

        model.Report("flaky");
        model.Run(60, "live", "flaky");

        NodeModel.TaintsOf(model.Node("flaky")).ShouldBeEmpty();
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
        NodeModel.TaintsOf(model.Node("a")).ShouldBe(["node.kubernetes.io/unreachable:NoSchedule"]);
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
    public void Decide_Cordon_IsATaintThatComesAndGoes()
    {
        var model = new NodeModel();
        var node = model.AddNode("a", change: node =>
        {
            node.Spec.Unschedulable = true;
            node.Spec.Taints = [new V1Taint { Key = "mine", Effect = "NoSchedule" }];
        });
        model.Settle();
        NodeModel.TaintsOf(model.Node("a")).ShouldBe(["mine:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"]);

        node = model.Node("a");
        node.Spec.Unschedulable = null;
        model.Settle();
        NodeModel.TaintsOf(model.Node("a")).ShouldBe(["mine:NoSchedule"]);
    }

    [Fact]
    public void Decide_Pressure_IsATaint()
    {
        var model = new NodeModel();
        model.AddNode("a", change: node => node.Status.Conditions.First(condition => condition.Type == "DiskPressure").Status = "True");

        model.Settle();

        NodeModel.TaintsOf(model.Node("a")).ShouldBe(["node.kubernetes.io/disk-pressure:NoSchedule"]);
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
}
