using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using static OrleansOrchestrator.Controllers.Tests.DaemonSets.DaemonModel;

namespace OrleansOrchestrator.Controllers.Tests.DaemonSets;

public sealed class DaemonSetReconcilerTests
{
    [Fact]
    public void Nodes_OnePodIsMadeForEach_WithItsNameAsRequiredAffinity()
    {
        var model = new DaemonModel(null, "a", "b");

        model.Settle();

        model.NodesOfPods.ShouldBe(["a", "b"]);
        var pod = model.Pods[0];
        pod.Metadata.GenerateName.ShouldBe("agent-");
        pod.Spec.NodeName.ShouldBeNull();
        pod.Controller!.Uid.ShouldBe("uid-of-agent");
        var field = pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
            .ShouldHaveSingleItem().MatchFields.ShouldHaveSingleItem();
        (field.Key, field.OperatorProperty, field.Values.Single()).ShouldBe(("metadata.name", "In", "a"));
        pod.Metadata.Labels[RevisionHistory.PodLabel].ShouldBe(model.Revisions.ShouldHaveSingleItem().Metadata.Labels[RevisionHistory.PodLabel]);
        pod.Metadata.Labels["app"].ShouldBe("agent");
        model.Cluster.Events.ShouldContain(new PlannedEvent("Normal", "SuccessfulCreate", $"Created pod: {pod.Metadata.Name}"));
    }

    [Fact]
    public void Pod_OfTheTemplateGeneration_CarriesIt()
    {
        var model = new DaemonModel(set => set.Metadata.Annotations = new Dictionary<string, string> { ["deprecated.daemonset.template.generation"] = "3" }, "a");

        model.Settle();

        model.Pods[0].Metadata.Labels["pod-template-generation"].ShouldBe("3");
    }

    [Theory]
    [InlineData(false, 6)]
    [InlineData(true, 7)]
    public void Pod_ToleratesWhatIsWrongWithItsNode(bool hostNetwork, int tolerations)
    {
        var model = new DaemonModel(set => set.Spec.Template.Spec.HostNetwork = hostNetwork, "a");

        model.Settle();

        var own = model.Pods[0].Spec.Tolerations;
        own.Count.ShouldBe(tolerations);
        foreach (var taint in new[]
                 {
                     Taint(TaintKeys.NotReady, "NoExecute"), Taint(TaintKeys.Unreachable, "NoExecute"), Taint(TaintKeys.DiskPressure, "NoSchedule"),
                     Taint(TaintKeys.MemoryPressure, "NoSchedule"), Taint(TaintKeys.PidPressure, "NoSchedule"), Taint(TaintKeys.Unschedulable, "NoSchedule"),
                 })
        {
            Tolerations.Tolerates([.. own], taint).ShouldBeTrue(taint.Key);
        }

        Tolerations.Tolerates([.. own], Taint(TaintKeys.NetworkUnavailable, "NoSchedule")).ShouldBe(hostNetwork);
    }

    [Fact]
    public void Toleration_ThatTheTemplateHasAlready_IsNotThereTwice()
    {
        var model = new DaemonModel(
            set => set.Spec.Template.Spec.Tolerations = [new V1Toleration { Key = TaintKeys.NotReady, OperatorProperty = "Exists", Effect = "NoExecute" }], "a");

        model.Settle();

        model.Pods[0].Spec.Tolerations.Count(toleration => toleration.Key == TaintKeys.NotReady).ShouldBe(1);
    }

    [Fact]
    public void Node_OutsideOfSelectorAffinityOrTolerations_GetsNoPod()
    {
        var model = new DaemonModel(
            set =>
            {
                set.Spec.Template.Spec.NodeSelector = new Dictionary<string, string> { ["disk"] = "ssd" };
                set.Spec.Template.Spec.Affinity = new V1Affinity
                {
                    NodeAffinity = new V1NodeAffinity
                    {
                        RequiredDuringSchedulingIgnoredDuringExecution = new V1NodeSelector
                        {
                            NodeSelectorTerms = [new V1NodeSelectorTerm { MatchExpressions = [new V1NodeSelectorRequirement { Key = "zone", OperatorProperty = "NotIn", Values = ["far"] }] }],
                        },
                    },
                };
                set.Spec.Template.Spec.Tolerations = [new V1Toleration { Key = "mine", OperatorProperty = "Exists" }];
            },
            "plain", "far", "good", "tainted", "tolerated", "cordoned");
        foreach (var node in (string[])["far", "good", "tainted", "tolerated", "cordoned"])
            model.ChangeNode(node, changed => changed.Metadata.Labels["disk"] = "ssd");
        model.ChangeNode("far", node => node.Metadata.Labels["zone"] = "far");
        model.ChangeNode("tainted", node => node.Spec.Taints = [Taint("theirs", "NoSchedule")]);
        model.ChangeNode("tolerated", node => node.Spec.Taints = [Taint("mine", "NoSchedule"), Taint("theirs", "PreferNoSchedule")]);
        model.ChangeNode("cordoned", node => node.Spec.Taints = [Taint(TaintKeys.Unschedulable, "NoSchedule")]);

        model.Settle();

        model.NodesOfPods.ShouldBe(["cordoned", "good", "tolerated"]);
    }

    [Theory]
    [InlineData("NoSchedule", 1)]
    [InlineData("NoExecute", 0)]
    public void Node_TaintedLater_KeepsItsPodUnlessTheTaintDrivesOut(string effect, int left)
    {
        var model = new DaemonModel(null, "a", "b");
        model.Run();

        model.ChangeNode("a", node => node.Spec.Taints = [Taint("theirs", effect)]);
        model.Run();

        model.NodesOfPods.Count(node => node == "a").ShouldBe(left);
        model.Set.Status.DesiredNumberScheduled.ShouldBe(1);
        model.Set.Status.NumberMisscheduled.ShouldBe(left);
    }

    [Fact]
    public void Node_ThatNoLongerMatches_LosesItsPod()
    {
        var model = new DaemonModel(null, "a", "b");
        model.Run();

        model.ChangeSet(set => set.Spec.Template.Spec.NodeSelector = new Dictionary<string, string> { ["kubernetes.io/hostname"] = "b" });
        model.Run();

        model.NodesOfPods.ShouldBe(["b"]);
    }

    [Fact]
    public void NodeName_OfTheTemplate_IsTheOnlyNode()
    {
        var model = new DaemonModel(set => set.Spec.Template.Spec.NodeName = "b", "a", "b");

        model.Settle();

        model.Pods.ShouldHaveSingleItem().Spec.NodeName.ShouldBe("b");
    }

    [Fact]
    public void Pod_NeverBoundOnANodeThatIsGone_IsDeleted()
    {
        var model = new DaemonModel(null, "a", "b");
        model.Settle();

        model.Cluster.Remove(model.Cluster.Find<V1Node>(new ObjectKey("", "a"))!);
        model.Run();

        model.NodesOfPods.ShouldBe(["b"]);
    }

    [Fact]
    public void Pods_SeveralOnOneNode_TheOldestThatIsBoundStays()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var first = model.Pods[0];
        foreach (var name in (string[])["agent-second", "agent-third"])
        {
            var other = ObjectCodec.Clone(first);
            (other.Metadata.Name, other.Metadata.Uid) = (name, name);
            other.Metadata.CreationTimestamp = Start(name == "agent-second" ? 5 : 1);
            other.Spec.NodeName = name == "agent-second" ? "a" : null;
            model.Cluster.Add(other);
        }

        model.Run();

        model.Pods.ShouldHaveSingleItem().Metadata.Name.ShouldBe(first.Metadata.Name);
    }

    [Fact]
    public void Pod_ThatNamesNoNode_IsAdoptedAndLeftToTheScheduler()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        model.Cluster.Add(Samples.Pod("by-hand", app: "agent", phase: "Pending"));

        model.Settle();

        var adopted = model.Pods.Single(pod => pod.Metadata.Name == "by-hand");
        (adopted.IsDeleting, adopted.Controller!.Uid).ShouldBe((false, "uid-of-agent"));
    }

    [Fact]
    public void Availability_NeedsMinReadySeconds_AndIsLookedAtInTime()
    {
        var model = new DaemonModel(set => set.Spec.MinReadySeconds = 10, "a");
        model.Run();
        model.Set.Status.NumberReady.ShouldBe(1);
        model.Set.Status.NumberAvailable.ShouldBeNull();
        model.Set.Status.NumberUnavailable.ShouldBe(1);
        model.Plan().RequeueAfter.ShouldBe(TimeSpan.FromSeconds(10));

        model.Cluster.Now += TimeSpan.FromSeconds(10);
        model.Settle();

        model.Set.Status.NumberAvailable.ShouldBe(1);
        model.Set.Status.NumberUnavailable.ShouldBeNull();
    }

    [Fact]
    public void Status_SaysHowManyThereAre()
    {
        var model = new DaemonModel(null, "a", "b", "c");
        model.Run();
        model.SetReady(model.Pods[0], false);
        model.Settle();

        var status = model.Set.Status;
        (status.DesiredNumberScheduled, status.CurrentNumberScheduled, status.NumberReady).ShouldBe((3, 3, 2));
        (status.UpdatedNumberScheduled, status.NumberAvailable, status.NumberUnavailable, status.NumberMisscheduled).ShouldBe((3, 2, 1, 0));
        status.ObservedGeneration.ShouldBe(1);
    }

    [Fact]
    public void Set_ThatIsBeingDeleted_DoesNothing()
    {
        var model = new DaemonModel(null, "a");
        model.ChangeSet(set => (set.Metadata.DeletionTimestamp, set.Metadata.Finalizers) = (Start(0), ["foregroundDeletion"]));

        model.Plan().Actions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Failed", null, 0)]
    [InlineData("Succeeded", null, 0)]
    [InlineData("Running", "example.com/hold", 0)]
    [InlineData("Failed", "example.com/hold", 1)]
    [InlineData("Succeeded", "example.com/hold", 1)]
    public void Pod_ThatIsBeingDeleted_KeepsItsPlaceUntilItIsGoneOrOnlyAFinalizerHoldsIt(string phase, string? finalizer, int successors)
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        model.ChangePod(model.Pods.Single(), pod =>
        {
            (pod.Metadata.DeletionTimestamp, pod.Metadata.Finalizers) = (Start(0), finalizer is null ? null : [finalizer]);
            pod.Status.Phase = phase;
        });

        model.Plan().Actions.OfType<CreateObject>().Count().ShouldBe(successors);
    }

    [Fact]
    public void Pods_MoreThanOnePlanHolds_AreMadeInSeveral()
    {
        var model = new DaemonModel(null, [.. Enumerable.Range(0, DaemonSetReconciler.BurstMax + 5).Select(i => $"node-{i:D4}")]);
        model.Step();

        var plan = model.Step();

        plan.Actions.OfType<CreateObject>().Count().ShouldBe(DaemonSetReconciler.BurstMax);
        plan.RequeueAfter.ShouldBe(TimeSpan.Zero);
        model.Settle();
        model.Pods.Count.ShouldBe(DaemonSetReconciler.BurstMax + 5);
    }

    [Fact]
    public void Node_ReportingItsStatus_ConcernsNobody()
    {
        var model = new DaemonModel(null, "a");
        var nodes = new DaemonSetReconciler().Relations.Single(relation => relation.Watched.Contains(WellKnownResources.Nodes));
        var before = ClusterModel.StoredOf(model.Cluster.Find<V1Node>(new ObjectKey("", "a"))!);
        IReadOnlySet<ObjectKey> Concerned(Action<V1Node> change)
        {
            model.ChangeNode("a", change);
            var now = ClusterModel.StoredOf(model.Cluster.Find<V1Node>(new ObjectKey("", "a"))!);
            return model.Cluster.FindPrimaries(nodes, WellKnownResources.DaemonSets, new(now, before));
        }

        Concerned(node => node.Status = new V1NodeStatus { Phase = "Running" }).ShouldBeEmpty();
        Concerned(node => node.Metadata.Labels["zone"] = "a").ShouldBe([Key]);
        model.ChangeNode("a", node => node.Metadata.Labels.Remove("zone"));
        Concerned(node => node.Spec.Taints = [Taint("a", "NoSchedule")]).ShouldBe([Key]);
    }
}
