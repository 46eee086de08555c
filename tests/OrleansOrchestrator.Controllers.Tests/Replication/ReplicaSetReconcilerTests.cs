using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Replication;

/// <summary>What is a ReplicaSet's own; the rest it shares with ReplicationControllers.</summary>
public sealed class ReplicaSetReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly ReplicaSetReconciler Reconciler = new();

    [Fact]
    public void Reconcile_MissingPods_CreatesThemAsItsOwn()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.ReplicaSet(replicas: 3));

        cluster.Settle(Reconciler, Key);

        var pods = cluster.All<V1Pod>();
        pods.Count.ShouldBe(3);
        var owner = pods[0].Metadata.OwnerReferences.ShouldHaveSingleItem();
        (owner.ApiVersion, owner.Kind, owner.Name, owner.Uid, owner.Controller).ShouldBe(("apps/v1", "ReplicaSet", "web", "uid-of-web", true));
        cluster.Events.ShouldContain(new PlannedEvent("Normal", "SuccessfulCreate", $"Created pod: {pods[0].Metadata.Name}"));
        cluster.Find<V1ReplicaSet>(Key)!.Status.Replicas.ShouldBe(3);
    }

    [Fact]
    public void Reconcile_SelectorOfExpressions_AdoptsAndReleases()
    {
        var cluster = new ClusterModel();
        var set = Samples.ReplicaSet(replicas: 2);
        set.Spec.Selector = new V1LabelSelector
        {
            MatchExpressions = [new V1LabelSelectorRequirement { Key = "app", OperatorProperty = "In", Values = ["web", "shop"] }],
        };
        cluster.Add(set);
        cluster.Add(Samples.Pod("orphan", app: "shop"));
        cluster.Add(Samples.Pod("strayed", app: "debug").ControlledBy(set));

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Pod>(new(Samples.Namespace, "orphan"))!.Controller!.Uid.ShouldBe("uid-of-web");
        cluster.Find<V1Pod>(new(Samples.Namespace, "strayed"))!.Controller.ShouldBeNull();
        cluster.All<V1Pod>().Count(pod => pod.Controller is not null).ShouldBe(2);
    }

    [Fact]
    public void Reconcile_StatusOfASetThatWasWrittenSince_ReplacesNothingAndComesWithTheNextLook()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.ReplicaSet(replicas: 0));
        var plan = Reconciler.Reconcile(cluster.Observe(Reconciler, Key));
        var changed = ObjectCodec.Clone(cluster.Find<V1ReplicaSet>(Key)!);
        changed.Metadata.Annotations = new Dictionary<string, string> { ["note"] = "theirs" };
        changed.Status = new V1ReplicaSetStatus { Replicas = 7 };
        cluster.Apply([new UpdateObject(WellKnownResources.ReplicaSets, changed)]);

        cluster.Apply([plan.Conclude!([])!]).ShouldHaveSingleItem().Why.Code.ShouldBe(409);

        cluster.Find<V1ReplicaSet>(Key)!.Status.Replicas.ShouldBe(7);
        cluster.Settle(Reconciler, Key);
        var set = cluster.Find<V1ReplicaSet>(Key)!;
        (set.Metadata.Annotations["note"], set.Status.Replicas, set.Status.ObservedGeneration).ShouldBe(("theirs", 0, set.Metadata.Generation));
    }

    [Fact]
    public void Reconcile_EmptySelector_SelectsNothing()
    {
        var cluster = new ClusterModel();
        var set = Samples.ReplicaSet(replicas: 0);
        set.Spec.Selector = new V1LabelSelector();
        cluster.Add(set);
        cluster.Add(Samples.Pod("orphan"));

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Pod>(new(Samples.Namespace, "orphan"))!.Controller.ShouldBeNull();
    }

    [Fact]
    public void Reconcile_Surplus_LeavesTheNodeThatSiblingsCrowd()
    {
        var cluster = new ClusterModel();
        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "web", Uid = "uid-of-deployment" } };
        var set = cluster.Add(Samples.ReplicaSet(replicas: 1).ControlledBy(deployment));
        var sibling = cluster.Add(Samples.ReplicaSet("web-2", replicas: 2).ControlledBy(deployment));
        var stranger = cluster.Add(Samples.ReplicaSet("alone", replicas: 3));
        cluster.Add(Samples.Pod("a", node: "quiet", ready: true).ControlledBy(set));
        cluster.Add(Samples.Pod("b", node: "crowded", ready: true).ControlledBy(set));
        cluster.Add(Samples.Pod("c", node: "crowded", ready: true).ControlledBy(sibling));
        foreach (var name in new[] { "d", "e", "f" })
            cluster.Add(Samples.Pod(name, node: "quiet", ready: true).ControlledBy(stranger));

        cluster.Settle(Reconciler, Key);

        cluster.Deleted.ShouldHaveSingleItem().Key.Name.ShouldBe("b");
    }

    [Fact]
    public void Reconcile_PodThatGoes_CountsNowhere()
    {
        var cluster = new ClusterModel();
        var set = cluster.Add(Samples.ReplicaSet(replicas: 0));
        foreach (var (name, phase) in new[] { ("going", "Running"), ("ended", "Failed") })
        {
            var pod = Samples.Pod(name, phase: phase).ControlledBy(set);
            pod.Metadata.DeletionTimestamp = cluster.Now.UtcDateTime;
            cluster.Add(pod);
        }

        cluster.Settle(Reconciler, Key);

        var status = cluster.Find<V1ReplicaSet>(Key)!.Status;
        (status.Replicas, status.TerminatingReplicas).ShouldBe((0, null), "Kubernetes counts pods that go only where that is switched on");
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public void Siblings_AreObservedOnlyIfPodsAreToGo(int replicas, int observed)
    {
        var cluster = new ClusterModel();
        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "web", Uid = "uid-of-deployment" } };
        var set = cluster.Add(Samples.ReplicaSet(replicas: replicas).ControlledBy(deployment));
        var sibling = cluster.Add(Samples.ReplicaSet("web-2", replicas: 1).ControlledBy(deployment));
        cluster.Add(Samples.Pod("a").ControlledBy(set));
        cluster.Add(Samples.Pod("b").ControlledBy(set));
        cluster.Add(Samples.Pod("ended", phase: "Failed").ControlledBy(set));
        cluster.Add(Samples.Pod("c").ControlledBy(sibling));

        cluster.Observe(Reconciler, Key).Related(Reconciler.Relations.OfType<SiblingPods>().Single()).Count.ShouldBe(observed);
    }

    [Fact]
    public void Reconcile_CreationsRefused_TellsWhyUntilTheySucceed()
    {
        var left = 2;
        var cluster = new ClusterModel { Refuses = action => action is CreateObject && left-- <= 0 ? Refusal("no quota") : null };
        cluster.Add(Samples.ReplicaSet(replicas: 5));

        cluster.Step(Reconciler, Key);

        var condition = cluster.Find<V1ReplicaSet>(Key)!.Status.Conditions.ShouldHaveSingleItem();
        (condition.Type, condition.Status, condition.Reason, condition.Message).ShouldBe(("ReplicaFailure", "True", "FailedCreate", "pods is forbidden: no quota"));
        condition.LastTransitionTime.ShouldBe(ClusterModel.Start.UtcDateTime);
        cluster.Events.ShouldContain(new PlannedEvent("Warning", "FailedCreate", "Error creating: pods is forbidden: no quota"));
        cluster.All<V1Pod>().Count.ShouldBe(2);

        cluster.Now += TimeSpan.FromMinutes(1);
        cluster.Step(Reconciler, Key);
        cluster.Find<V1ReplicaSet>(Key)!.Status.Conditions.ShouldHaveSingleItem().LastTransitionTime.ShouldBe(ClusterModel.Start.UtcDateTime, "it fails since then");

        left = 100;
        cluster.Settle(Reconciler, Key);
        var status = cluster.Find<V1ReplicaSet>(Key)!.Status;
        (status.Replicas, status.Conditions).ShouldBe((5, null));
    }

    [Fact]
    public void Reconcile_DeletionRefused_TellsWhy()
    {
        var cluster = new ClusterModel { Refuses = action => action is DeleteObject ? Refusal("not now") : null };
        var set = cluster.Add(Samples.ReplicaSet(replicas: 0));
        cluster.Add(Samples.Pod("a").ControlledBy(set));

        cluster.Step(Reconciler, Key);

        cluster.Find<V1ReplicaSet>(Key)!.Status.Conditions.ShouldHaveSingleItem().Reason.ShouldBe("FailedDelete");
        cluster.Events.ShouldContain(new PlannedEvent("Warning", "FailedDelete", "Error deleting: pods is forbidden: not now"));
    }

    [Fact]
    public void Reconcile_NamespaceIsGoing_IsNoFailure()
    {
        var refusal = Refusal("unable to create new content in namespace shop because it is being terminated");
        refusal.Status.Details = new V1StatusDetails { Causes = [new V1StatusCause { Reason = "NamespaceTerminating" }] };
        var cluster = new ClusterModel { Refuses = action => action is CreateObject ? refusal : null };
        cluster.Add(Samples.ReplicaSet());

        cluster.Step(Reconciler, Key);

        cluster.Find<V1ReplicaSet>(Key)!.Status.Conditions.ShouldBeNull();
    }

    [Fact]
    public void Reconcile_AbsentReplicaSet_PlansNothing() => new ClusterModel().Step(Reconciler, Key).ShouldBeSameAs(Plan.Nothing);

    private static ApiException Refusal(string why) => ApiErrors.Forbidden(WellKnownResources.Pods, null, why);
}
