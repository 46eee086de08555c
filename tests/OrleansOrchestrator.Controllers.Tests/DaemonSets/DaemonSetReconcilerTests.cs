using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
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
    public void FailedPod_IsReplacedAtOnceAndThenEverMoreSlowly()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var waits = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            waits.Add(FailAndAwaitNext(model, model.Pods.ShouldHaveSingleItem()).TotalSeconds);
            model.Settle();
        }

        waits.ShouldBe([0, 1, 2, 4, 8]);
        model.Cluster.Events.Count(planned => planned is { Type: "Warning", Reason: "FailedDaemonPod" }).ShouldBe(5);
        model.Cluster.Events.ShouldContain(planned => planned.Message.StartsWith("Found failed daemon pod shop/agent-") && planned.Message.EndsWith(" on node a, will try to kill it"));
    }

    [Fact]
    public void FailedPod_ThatRanForLong_BeginsAnew()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        model.ChangePod(model.Pods[0], pod => pod.Metadata.Annotations = new Dictionary<string, string> { [FailedDaemonPods.Annotation] = "9" });
        model.SetPhase(model.Pods[0], "Failed");
        model.Plan().Actions.OfType<DeleteObject>().ShouldBeEmpty();

        model.Cluster.Now += TimeSpan.FromHours(1);
        model.Settle();

        model.Pods.ShouldHaveSingleItem().Metadata.Annotations[FailedDaemonPods.Annotation].ShouldBe("1");
    }

    [Fact]
    public void FailedPod_OfAnUpdateThatSurges_IsReplacedEverMoreSlowlyOnItsNode()
    {
        var model = new DaemonModel(set => set.Spec.UpdateStrategy.RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = 0, MaxSurge = 1 }, "a", "b", "c");
        model.Run();
        model.SetImage("broken");
        model.Settle();
        var waits = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var surging = model.Pods.Single(pod => pod.Spec.Containers[0].Image == "broken");
            DaemonPods.NodeOf(surging).ShouldBe("a");
            waits.Add(FailAndAwaitNext(model, surging).TotalSeconds);
            model.Settle();
        }

        waits.ShouldBe([0, 1, 2, 4, 8]);
        model.Pods.Count(pod => pod.Spec.Containers[0].Image == "one" && pod.IsReady).ShouldBe(3);
    }

    [Fact]
    public void FailedPod_BesideOneThatEnds_KeepsItsCount()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var ending = ObjectCodec.Clone(model.Pods[0]);
        (ending.Metadata.Name, ending.Metadata.Uid, ending.Metadata.DeletionTimestamp) = ("agent-ending", "ending", Start(0));
        model.Cluster.Add(ending);
        Fail(model, model.Pods.Single(pod => !pod.IsDeleting), failures: 3);

        model.Settle();
        model.Pods.Count.ShouldBe(2, "one pod at a time runs on a node");
        model.Cluster.Remove(ending);
        model.Settle();

        model.Pods.ShouldHaveSingleItem().Metadata.Annotations[FailedDaemonPods.Annotation].ShouldBe("4");
    }

    [Fact]
    public void FailedPod_WhoseSuccessorIsRefused_StaysAndKeepsItsCount()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var failed = model.Pods[0];
        Fail(model, failed, failures: 3);
        model.Cluster.Refuses = action => action is CreateObject ? ApiErrors.Forbidden(WellKnownResources.Pods, null, "no quota") : null;

        model.Step();
        model.Step();

        model.Pods.ShouldHaveSingleItem().Metadata.Uid.ShouldBe(failed.Metadata.Uid);
        model.Cluster.Events.ShouldNotContain(planned => planned.Reason == "FailedDaemonPod");
        model.Cluster.Refuses = _ => null;
        model.Settle();
        model.Pods.ShouldHaveSingleItem().Metadata.Annotations[FailedDaemonPods.Annotation].ShouldBe("4");
    }

    [Fact]
    public void EndedPod_ThatIsDeleted_IsToldOfWhateverElseIsRefused()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        model.SetPhase(model.Pods[0], "Succeeded");
        var ended = model.Pods[0].Metadata.Name;
        model.AddNode("b");
        model.Cluster.Refuses = action => action is CreateObject ? ApiErrors.Forbidden(WellKnownResources.Pods, null, "no quota") : null;
        model.Cluster.Events.Clear();

        model.Step();

        model.Cluster.Events.ShouldBe(
        [
            new PlannedEvent("Normal", "SucceededDaemonPod", $"Found succeeded daemon pod shop/{ended} on node a, will try to delete it"),
            new PlannedEvent("Normal", "SuccessfulDelete", $"Deleted pod: {ended}"),
            new PlannedEvent("Warning", "FailedCreate", "Error creating: pods is forbidden: no quota"),
        ]);
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
    public void SucceededPod_IsReplaced()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var ended = model.Pods[0];
        model.SetPhase(ended, "Succeeded");

        model.Run();

        model.Pods.ShouldHaveSingleItem().Metadata.Name.ShouldNotBe(ended.Metadata.Name);
        model.Cluster.Events.ShouldContain(planned => planned.Type == "Normal" && planned.Reason == "SucceededDaemonPod");
    }

    [Fact]
    public void Update_WithoutSurge_DeletesAsManyAsMayBeUnavailable()
    {
        var model = new DaemonModel(set => set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = "50%", "a", "b", "c");
        model.Run();

        model.SetImage("two");
        model.Settle();

        model.Pods.Count(pod => pod.IsDeleting).ShouldBe(2);
        model.Run();
        model.Pods.ShouldAllBe(pod => pod.Spec.Containers[0].Image == "two");
        model.Pods.Count.ShouldBe(3);
    }

    [Fact]
    public void Update_OldPodThatIsNotAvailable_IsReplacedFirstAndCounts()
    {
        var model = new DaemonModel(null, "a", "b", "c");
        model.Run();
        var broken = model.Pods[2];
        model.SetReady(broken, false);

        model.SetImage("two");
        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldHaveSingleItem().Metadata.Name.ShouldBe(broken.Metadata.Name);
    }

    [Fact]
    public void Update_WithSurge_AddsBeforeItDeletes()
    {
        var model = new DaemonModel(set => set.Spec.UpdateStrategy.RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = 0, MaxSurge = 1 }, "a", "b", "c");
        model.Run();

        model.SetImage("two");
        model.Settle();

        model.Pods.Count.ShouldBe(4);
        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
        model.Run(() => model.Pods.Where(pod => pod.IsReady && !pod.IsDeleting).Select(DaemonPods.NodeOf).Distinct().Count().ShouldBe(3));
        model.Pods.Count.ShouldBe(3);
        model.Pods.ShouldAllBe(pod => pod.Spec.Containers[0].Image == "two");
    }

    [Fact]
    public void Update_WithSurgeOfAChangedTemplate_KeepsTheOldPodThatServes()
    {
        var model = new DaemonModel(set => set.Spec.UpdateStrategy.RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = 0, MaxSurge = 1 }, "a");
        model.Run();
        var first = model.Pods.ShouldHaveSingleItem();
        model.Cluster.Now += TimeSpan.FromMinutes(1);
        model.SetImage("two");
        model.Settle();
        V1Pod Second() => model.Pods.Single(pod => pod.Spec.Containers[0].Image == "two");
        model.Attend(Second());
        model.Attend(Second());
        Second().IsReady.ShouldBeTrue();
        model.SetReady(first, false);

        model.SetImage("three");
        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldHaveSingleItem().Metadata.Name.ShouldBe(first.Metadata.Name);
        model.Run(() => model.Pods.Where(pod => pod.IsReady && !pod.IsDeleting).ShouldNotBeEmpty());
        model.Pods.ShouldHaveSingleItem().Spec.Containers[0].Image.ShouldBe("three");
    }

    [Fact]
    public void Update_OnDelete_LeavesPodsUntilSomebodyDeletesThem()
    {
        var model = new DaemonModel(set => set.Spec.UpdateStrategy = new V1DaemonSetUpdateStrategy { Type = "OnDelete" }, "a", "b");
        model.Run();

        model.SetImage("two");
        model.Run();
        model.Pods.ShouldAllBe(pod => pod.Spec.Containers[0].Image == "one");
        model.Set.Status.UpdatedNumberScheduled.ShouldBeNull();

        model.Cluster.Remove(model.Pods[0]);
        model.Run();
        model.Pods.Select(pod => pod.Spec.Containers[0].Image).Order().ShouldBe(["one", "two"]);
        model.Set.Status.UpdatedNumberScheduled.ShouldBe(1);
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

    /// <summary>Lets a pod fail before which others have failed, and the wait that follows pass.</summary>
    private static void Fail(DaemonModel model, V1Pod pod, int failures)
    {
        model.ChangePod(pod, changed => changed.Metadata.Annotations = new Dictionary<string, string> { [FailedDaemonPods.Annotation] = $"{failures}" });
        model.SetPhase(pod, "Failed");
        model.Cluster.Now += TimeSpan.FromMinutes(1);
    }

    /// <summary>Lets a pod fail, and looks again when the controller says so until the next one of its template is there.</summary>
    private static TimeSpan FailAndAwaitNext(DaemonModel model, V1Pod pod)
    {
        model.SetPhase(pod, "Failed");
        var from = model.Cluster.Now;
        for (var wait = model.Step().RequeueAfter; !model.Pods.Any(next => next.IsActive && RevisionHistory.RevisionOf(next) == RevisionHistory.RevisionOf(pod)); wait = model.Step().RequeueAfter)
            model.Cluster.Now += wait.ShouldNotBeNull();
        return model.Cluster.Now - from;
    }

    private static DateTime Start(int seconds) => ClusterModel.Start.UtcDateTime.AddSeconds(seconds);
}
