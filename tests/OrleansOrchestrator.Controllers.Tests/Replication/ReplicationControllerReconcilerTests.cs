using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Replication;

public sealed class ReplicationControllerReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly ReplicationControllerReconciler Reconciler = new();

    [Fact]
    public void Reconcile_MissingPods_CreatesThemFromTheTemplate()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: 3));

        cluster.Settle(Reconciler, Key);

        var pods = cluster.All<V1Pod>();
        pods.Count.ShouldBe(3);
        foreach (var pod in pods)
        {
            pod.Metadata.Name.ShouldStartWith("web-");
            pod.Metadata.NamespaceProperty.ShouldBe(Samples.Namespace);
            pod.Metadata.Labels["app"].ShouldBe("web");
            pod.Metadata.Annotations["note"].ShouldBe("from template");
            pod.Spec.Containers.ShouldHaveSingleItem().Image.ShouldBe("web");
            var owner = pod.Metadata.OwnerReferences.ShouldHaveSingleItem();
            (owner.ApiVersion, owner.Kind, owner.Name, owner.Uid).ShouldBe(("v1", "ReplicationController", "web", "uid-of-web"));
            owner.Controller.ShouldBe(true);
            owner.BlockOwnerDeletion.ShouldBe(true);
        }

        pods.Select(pod => pod.Spec).Distinct(ReferenceEqualityComparer.Instance).Count().ShouldBe(3);
        cluster.Events.ShouldContain(new PlannedEvent("Normal", "SuccessfulCreate", $"Created pod: {pods[0].Metadata.Name}"));
        cluster.Find<V1ReplicationController>(Key)!.Status.Replicas.ShouldBe(3);
    }

    [Fact]
    public void Reconcile_StatusOfAControllerThatWasWrittenSince_ReplacesNothing()
    {
        var cluster = new ClusterModel();
        var observed = cluster.Add(Samples.Controller(replicas: 0));
        var plan = Reconciler.Reconcile(cluster.Observe(Reconciler, Key));
        var changed = ObjectCodec.Clone(observed);
        changed.Status = new V1ReplicationControllerStatus { Replicas = 7 };
        cluster.Apply([new UpdateObject(WellKnownResources.ReplicationControllers, changed)]);

        cluster.Apply([plan.Conclude!([])!]).ShouldHaveSingleItem().Why.Code.ShouldBe(409);

        cluster.Find<V1ReplicationController>(Key)!.Status.Replicas.ShouldBe(7);
    }

    [Fact]
    public void Reconcile_CreationFails_TellsWhy()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller());

        var action = Reconciler.Reconcile(cluster.Observe(Reconciler, Key)).Actions.OfType<CreateObject>().ShouldHaveSingleItem();

        action.EventOnFailure!("no quota").ShouldBe(new PlannedEvent("Warning", "FailedCreate", "Error creating: no quota"));
    }

    [Fact]
    public void Reconcile_CreationRefused_SaysSoUntilItSucceeds()
    {
        var cluster = new ClusterModel { Refuses = action => action is CreateObject ? ApiErrors.Forbidden(WellKnownResources.Pods, "web-1", "no quota") : null };
        cluster.Add(Samples.Controller(replicas: 2));

        cluster.Step(Reconciler, Key);
        cluster.Step(Reconciler, Key).Actions.Where(action => action.Subresource == "status").ShouldBeEmpty("nothing new is to be told");

        var condition = cluster.Find<V1ReplicationController>(Key)!.Status.Conditions.ShouldHaveSingleItem();
        (condition.Type, condition.Status, condition.Reason).ShouldBe(("ReplicaFailure", "True", "FailedCreate"));
        condition.Message.ShouldBe("pods \"web-1\" is forbidden: no quota");

        cluster.Refuses = _ => null;
        cluster.Settle(Reconciler, Key);
        var status = cluster.Find<V1ReplicationController>(Key)!.Status;
        (status.Replicas, status.Conditions).ShouldBe((2, null));
    }

    [Fact]
    public void Reconcile_MatchingOrphans_AdoptsThem()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: 2));
        cluster.Add(Samples.Pod("orphan"));

        cluster.Settle(Reconciler, Key);

        cluster.All<V1Pod>().Count.ShouldBe(2);
        cluster.Find<V1Pod>(new(Samples.Namespace, "orphan"))!.Controller!.Uid.ShouldBe("uid-of-web");
    }

    [Fact]
    public void Reconcile_AdoptionAndRelease_TheAdoptionNeedsTheNewestOwner()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: 1));
        cluster.Add(Samples.Pod("orphan"));
        cluster.Add(Samples.Pod("strayed", app: "debug").OwnedBy("uid-of-web"));

        var writes = Reconciler.Reconcile(cluster.Observe(Reconciler, Key)).Actions;

        writes.Select(write => (write.Key.Name, write.NeedsNewestPrimary)).ShouldBe([("orphan", true), ("strayed", false)]);
    }

    [Fact]
    public void Reconcile_OrphanWithPlainReferenceToTheOwner_ReplacesTheReference()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller());
        var orphan = Samples.Pod("orphan");
        orphan.Metadata.OwnerReferences = [Samples.Owner("uid-of-web", controller: null), Samples.Owner("other", controller: null)];
        cluster.Add(orphan);

        cluster.Settle(Reconciler, Key);

        cluster.All<V1Pod>().ShouldHaveSingleItem().Metadata.OwnerReferences
            .Select(owner => (owner.Uid, owner.Controller is true)).ShouldBe([("other", false), ("uid-of-web", true)]);
    }

    [Fact]
    public void Reconcile_OwnedPodNoLongerMatches_ReleasesAndReplacesIt()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller());
        cluster.Add(Samples.Pod("strayed", app: "debug").OwnedBy("uid-of-web"));

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Pod>(new(Samples.Namespace, "strayed"))!.Controller.ShouldBeNull();
        cluster.All<V1Pod>().Count(pod => pod.Controller?.Uid == "uid-of-web").ShouldBe(1);
    }

    [Fact]
    public void Reconcile_PodsOfAnotherOwner_LeavesThemAlone()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: 0));
        cluster.Add(Samples.Pod("theirs").OwnedBy("someone-else"));

        cluster.Settle(Reconciler, Key);

        cluster.Deleted.ShouldBeEmpty();
        cluster.All<V1Pod>().ShouldHaveSingleItem().Controller!.Uid.ShouldBe("someone-else");
    }

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    public void Reconcile_EndedPod_IsReplacedAndKept(string phase)
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller());
        cluster.Add(Samples.Pod("ended", phase: phase).OwnedBy("uid-of-web"));

        cluster.Settle(Reconciler, Key);

        cluster.All<V1Pod>().Count.ShouldBe(2);
        cluster.Find<V1ReplicationController>(Key)!.Status.Replicas.ShouldBe(1);
    }

    [Fact]
    public void Reconcile_DeletingPod_IsReplacedAtOnceAndNotAdopted()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller());
        var leaving = Samples.Pod("leaving");
        leaving.Metadata.DeletionTimestamp = cluster.Now.UtcDateTime;
        cluster.Add(leaving);

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Pod>(leaving.Key)!.Controller.ShouldBeNull();
        cluster.All<V1Pod>().Count.ShouldBe(2);
    }

    [Fact]
    public void Reconcile_DeletingController_OnlyWritesStatus()
    {
        var cluster = new ClusterModel();
        var controller = Samples.Controller(replicas: 3);
        controller.Metadata.DeletionTimestamp = cluster.Now.UtcDateTime;
        controller.Metadata.Finalizers = ["foregroundDeletion"];
        cluster.Add(controller);
        cluster.Add(Samples.Pod("own").OwnedBy("uid-of-web"));
        cluster.Add(Samples.Pod("orphan"));
        cluster.Add(Samples.Pod("strayed", app: "debug").OwnedBy("uid-of-web"));

        var plan = cluster.Step(Reconciler, Key);

        plan.Actions.ShouldHaveSingleItem().Subresource.ShouldBe("status");
        cluster.Find<V1ReplicationController>(Key)!.Status.Replicas.ShouldBe(1);
    }

    [Fact]
    public void Reconcile_ScaledToZero_DeletesAll()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: 0));
        cluster.Add(Samples.Pod("a").OwnedBy("uid-of-web"));
        cluster.Add(Samples.Pod("b").OwnedBy("uid-of-web"));

        cluster.Settle(Reconciler, Key);

        cluster.All<V1Pod>().ShouldBeEmpty();
        cluster.Events.ShouldContain(new PlannedEvent("Normal", "SuccessfulDelete", "Deleted pod: a"));
        cluster.Find<V1ReplicationController>(Key)!.Status.Replicas.ShouldBe(0);
    }

    [Fact]
    public void Reconcile_MoreThanABurst_ContinuesAtOnce()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: 1_200));

        var first = cluster.Step(Reconciler, Key);

        first.Actions.OfType<CreateObject>().Count().ShouldBe(500);
        first.RequeueAfter.ShouldBe(TimeSpan.Zero);
        cluster.Settle(Reconciler, Key).ShouldBeLessThanOrEqualTo(4);
        cluster.All<V1Pod>().Count.ShouldBe(1_200);
    }

    [Fact]
    public void Reconcile_TemplateOfAMegabyte_CreatesAFewAtATime()
    {
        var cluster = new ClusterModel();
        var controller = Samples.Controller(replicas: 40);
        controller.Spec.Template.Spec.Containers[0].Args = [new string('x', 1_000_000)];
        cluster.Add(controller);

        var first = cluster.Step(Reconciler, Key);

        first.Actions.OfType<CreateObject>().Count().ShouldBe(8);
        first.RequeueAfter.ShouldBe(TimeSpan.Zero);
        cluster.Settle(Reconciler, Key);
        cluster.All<V1Pod>().Count.ShouldBe(40);
    }

    [Fact]
    public void Reconcile_MoreOrphansThanABurst_CreatesNone()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: 700));
        for (var i = 0; i < 600; i++)
            cluster.Add(Samples.Pod($"orphan-{i:D4}"));

        var first = cluster.Step(Reconciler, Key);

        first.Actions.OfType<UpdateObject>().Count().ShouldBe(500);
        first.Actions.OfType<CreateObject>().ShouldBeEmpty();
        first.RequeueAfter.ShouldBe(TimeSpan.Zero);
        cluster.Settle(Reconciler, Key);
        cluster.All<V1Pod>().Count(pod => pod.Controller?.Uid == "uid-of-web").ShouldBe(700);
    }

    [Fact]
    public void Reconcile_MinReadySeconds_CountsAvailableInTime()
    {
        var cluster = new ClusterModel();
        var controller = Samples.Controller(replicas: 2);
        controller.Spec.MinReadySeconds = 10;
        cluster.Add(controller);
        cluster.Add(Samples.Pod("a", ready: true).OwnedBy("uid-of-web"));
        cluster.Add(Samples.Pod("b", ready: false).OwnedBy("uid-of-web"));
        cluster.Now = ClusterModel.Start.AddSeconds(4);

        cluster.Step(Reconciler, Key).RequeueAfter.ShouldBe(TimeSpan.FromSeconds(6));
        var early = cluster.Find<V1ReplicationController>(Key)!.Status;
        (early.Replicas, early.ReadyReplicas, early.AvailableReplicas ?? 0).ShouldBe((2, 1, 0));

        cluster.Now = ClusterModel.Start.AddSeconds(10);
        cluster.Step(Reconciler, Key).RequeueAfter.ShouldBeNull();
        cluster.Find<V1ReplicationController>(Key)!.Status.AvailableReplicas.ShouldBe(1);
    }

    [Fact]
    public void Reconcile_Status_CountsFullyLabeledAndKeepsConditions()
    {
        var cluster = new ClusterModel();
        var controller = Samples.Controller(replicas: 2);
        controller.Metadata.Generation = 7;
        controller.Spec.Template.Metadata.Labels["tier"] = "front";
        controller.Status = new V1ReplicationControllerStatus
        {
            Conditions = [new V1ReplicationControllerCondition { Type = "Unheard", Status = "True" }],
        };
        cluster.Add(controller);
        var full = Samples.Pod("full").OwnedBy("uid-of-web");
        full.Metadata.Labels["tier"] = "front";
        cluster.Add(full);
        cluster.Add(Samples.Pod("partly").OwnedBy("uid-of-web"));

        cluster.Settle(Reconciler, Key).ShouldBe(1);

        var status = cluster.Find<V1ReplicationController>(Key)!.Status;
        (status.Replicas, status.FullyLabeledReplicas, status.ObservedGeneration).ShouldBe((2, 1, 7));
        status.Conditions.ShouldHaveSingleItem().Type.ShouldBe("Unheard");
    }

    [Fact]
    public void Reconcile_StoredZeros_AreLeftOutOnce()
    {
        var cluster = new ClusterModel();
        var controller = Samples.Controller(replicas: 0);
        controller.Status = new V1ReplicationControllerStatus
        {
            Replicas = 0,
            ReadyReplicas = 0,
            AvailableReplicas = 0,
            FullyLabeledReplicas = 0,
            ObservedGeneration = 1,
        };
        cluster.Add(controller);

        cluster.Settle(Reconciler, Key).ShouldBe(1);
    }

    [Fact]
    public void Reconcile_AbsentController_PlansNothing() =>
        new ClusterModel().Step(Reconciler, Key).ShouldBeSameAs(Plan.Nothing);
}
