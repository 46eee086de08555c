using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Deployments;

public sealed class DeploymentReconcilerTests
{
    [Fact]
    public void Reconcile_NewDeployment_CreatesAReplicaSetOfItsTemplate()
    {
        var model = new DeploymentModel();

        model.Step();

        var set = model.Sets.ShouldHaveSingleItem();
        var hash = set.Metadata.Labels["pod-template-hash"];
        set.Metadata.Name.ShouldBe($"web-{hash}");
        set.Metadata.Labels["app"].ShouldBe("web");
        set.Spec.Selector.MatchLabels.ShouldBe(new Dictionary<string, string> { ["app"] = "web", ["pod-template-hash"] = hash }, ignoreOrder: true);
        set.Spec.Template.Metadata.Labels["pod-template-hash"].ShouldBe(hash);
        set.Spec.Replicas.ShouldBe(3);
        (set.Controller!.Kind, set.Controller!.Name).ShouldBe(("Deployment", "web"));
        (DeploymentModel.Noted(set, "revision"), DeploymentModel.Noted(set, "desired-replicas"), DeploymentModel.Noted(set, "max-replicas")).ShouldBe(("1", "3", "4"));
        DeploymentModel.Noted(model.Deployment, "revision").ShouldBe("1");
        model.Messages.ShouldBe([$"Scaled up replica set {set.Metadata.Name} from 0 to 3"]);
        model.Progress.ShouldBe("True NewReplicaSetCreated");
        model.Condition("Progressing")!.Message.ShouldBe($"Created new replica set \"{set.Metadata.Name}\"");
        model.Condition("Available")!.Reason.ShouldBe("MinimumReplicasUnavailable");
        (model.Status.ObservedGeneration, model.Status.UnavailableReplicas).ShouldBe((1, 3));
    }

    [Fact]
    public void Reconcile_AllPodsReady_IsComplete()
    {
        var model = new DeploymentModel();

        model.Complete();

        var status = model.Status;
        (status.Replicas, status.UpdatedReplicas, status.ReadyReplicas, status.AvailableReplicas, status.UnavailableReplicas).ShouldBe((3, 3, 3, 3, null));
        model.Progress.ShouldBe("True NewReplicaSetAvailable");
        model.Condition("Progressing")!.Message.ShouldBe($"ReplicaSet \"{model.Sets[0].Metadata.Name}\" has successfully progressed.");
        model.Condition("Available")!.Reason.ShouldBe("MinimumReplicasAvailable");
    }

    [Fact]
    public void Reconcile_ReplicaSetOfTheTemplateIsThere_AdoptsIt()
    {
        var model = new DeploymentModel();
        var set = Samples.ReplicaSet("by-hand", 3);
        set.Metadata.Labels = Samples.Labels("web");
        set.Spec.Template = DeploymentModel.TemplateOf("web:1");
        model.Cluster.Add(set);

        model.Complete();

        var adopted = model.Sets.ShouldHaveSingleItem();
        (adopted.Metadata.Name, adopted.Controller!.Name).ShouldBe(("by-hand", "web"));
        DeploymentModel.Noted(adopted, "revision").ShouldBe("1");
    }

    [Fact]
    public void Reconcile_FoundReplicaSet_SaysSo()
    {
        var model = new DeploymentModel();
        var set = Samples.ReplicaSet("by-hand", 3);
        set.Metadata.Labels = Samples.Labels("web");
        set.Spec.Template = DeploymentModel.TemplateOf("web:1");
        model.Cluster.Add(set);

        model.Step();
        model.Step();

        model.Progress.ShouldBe("True FoundNewReplicaSet");
        model.Condition("Progressing")!.Message.ShouldBe("Found new replica set \"by-hand\"");
    }

    [Fact]
    public void Reconcile_LabelsOfAReplicaSetNoLongerMatch_ReleasesAndReplacesIt()
    {
        var model = new DeploymentModel();
        model.Complete();
        var strayed = ObjectCodec.Clone(model.Sets[0]);
        strayed.Metadata.Labels = Samples.Labels("debug");
        model.Cluster.Apply([new UpdateObject(WellKnownResources.ReplicaSets, strayed)]);
        model.Cluster.Refuses = action => action is CreateObject { Object: V1ReplicaSet set } && set.Metadata.Name == strayed.Metadata.Name
            ? ApiErrors.AlreadyExists(WellKnownResources.ReplicaSets, set.Metadata.Name)
            : null;

        model.Complete();

        model.Cluster.Find<V1ReplicaSet>(strayed.Key)!.Controller.ShouldBeNull();
        model.Sets.Count(set => set.Controller?.Name == "web").ShouldBe(1);
    }

    [Fact]
    public void Reconcile_HashIsThatOfAnotherTemplate_TakesAnotherName()
    {
        var model = new DeploymentModel();
        var name = model.Cluster.Observe(DeploymentModel.Reconciler, DeploymentModel.Key) is var seen
            ? DeploymentModel.Reconciler.Reconcile(seen).Actions.OfType<CreateObject>().ShouldHaveSingleItem().Key.Name
            : "";
        model.Cluster.Refuses = action => action is CreateObject create && create.Key.Name == name ? ApiErrors.AlreadyExists(WellKnownResources.ReplicaSets, name) : null;

        model.Step();

        (model.Status.CollisionCount, model.Status.Conditions).ShouldBe((1, null));
        model.Complete();
        model.Sets.ShouldHaveSingleItem().Metadata.Name.ShouldNotBe(name);
        model.Status.CollisionCount.ShouldBe(1);
    }

    [Fact]
    public void Reconcile_ReplicaSetRefused_TellsWhyUntilItSucceeds()
    {
        var model = new DeploymentModel();
        model.Cluster.Refuses = action => action is CreateObject ? ApiErrors.Forbidden(WellKnownResources.ReplicaSets, null, "no quota") : null;

        model.Step();

        model.Progress.ShouldBe("False ReplicaSetCreateError");
        var told = model.Cluster.Events.ShouldHaveSingleItem();
        told.ShouldBe(new PlannedEvent("Warning", "ReplicaSetCreateError", model.Condition("Progressing")!.Message));
        told.Message.ShouldMatch("^Failed to create new replica set \"web-[a-z0-9]+\": replicasets.apps is forbidden: no quota$");
        DeploymentModel.Noted(model.Deployment, "revision").ShouldBeNull();

        model.Cluster.Refuses = _ => null;
        model.Complete();
        model.Progress.ShouldBe("True NewReplicaSetAvailable");
    }

    [Fact]
    public void Reconcile_ReplicaSetChangedMeanwhile_TellsNothing()
    {
        var model = new DeploymentModel();
        model.Complete();
        model.SetImage("web:2");
        model.Rest();
        model.SetReady(true);
        model.StepSets();
        model.Cluster.Refuses = action => action is UpdateObject ? ApiErrors.Modified(action.Resource, action.Key.Name) : null;
        var before = model.Deployment.Metadata.ResourceVersion;

        model.Step();

        model.Deployment.Metadata.ResourceVersion.ShouldBe(before);
    }

    [Fact]
    public void Reconcile_PodsRefused_TakesTheFailureOver()
    {
        var model = new DeploymentModel();
        model.Cluster.Refuses = action => action is CreateObject { Object: V1Pod } ? ApiErrors.Forbidden(WellKnownResources.Pods, null, "no quota") : null;
        model.Step();
        model.StepSets();
        model.Step();

        var failure = model.Condition("ReplicaFailure")!;
        (failure.Status, failure.Reason, failure.Message).ShouldBe(("True", "FailedCreate", "pods is forbidden: no quota"));

        model.Cluster.Refuses = _ => null;
        model.Complete();
        model.Condition("ReplicaFailure").ShouldBeNull();
    }

    [Fact]
    public void Reconcile_Paused_ScalesButRollsNothingOut()
    {
        var model = new DeploymentModel();
        model.Complete();

        model.Change(deployment => deployment.Spec.Paused = true);
        model.SetImage("web:2");
        model.Change(deployment => deployment.Spec.Replicas = 5);
        model.Complete();

        model.Sizes.ShouldBe([5]);
        DeploymentModel.ImageOf(model.Sets[0]).ShouldBe("web:1");
        model.Progress.ShouldBe("Unknown DeploymentPaused");

        model.Change(deployment => deployment.Spec.Paused = false);
        model.Step();
        model.Condition("Progressing")!.Reason.ShouldBe("NewReplicaSetCreated");
        model.Complete();
        model.Sizes.ShouldBe([0, 5]);
    }

    [Fact]
    public void Reconcile_ResumedWithoutChange_SaysSo()
    {
        var model = new DeploymentModel();
        model.Rest();
        model.Change(deployment => deployment.Spec.Paused = true);
        model.Rest();

        model.Change(deployment => deployment.Spec.Paused = false);
        model.Rest();

        model.Progress.ShouldBe("Unknown DeploymentResumed");
    }

    [Fact]
    public void Reconcile_ScaledInTheMiddleOfARollout_EverySetGetsItsShare()
    {
        var model = new DeploymentModel(10, deployment => deployment.Spec.Strategy.RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 3, MaxUnavailable = 2 });
        model.Complete();
        model.SetImage("broken");
        model.Rest();
        model.Sizes.ShouldBe([8, 5]);

        model.Change(deployment => deployment.Spec.Replicas = 15);
        model.Step();

        model.Sizes.ShouldBe([11, 7]);
        model.Sets.ShouldAllBe(set => DeploymentModel.Noted(set, "max-replicas") == "18" && DeploymentModel.Noted(set, "desired-replicas") == "15");

        model.Change(deployment => deployment.Spec.Replicas = 0);
        model.Rest();
        model.Sizes.ShouldBe([0, 0]);
    }

    [Fact]
    public void Reconcile_PausedWithASmallerSurge_EverySetGivesItsShare()
    {
        var model = new DeploymentModel(4, deployment => deployment.Spec.Strategy.RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = "100%", MaxUnavailable = 0 });
        model.Complete();
        model.SetImage("broken");
        model.Rest();
        model.Sizes.ShouldBe([4, 4]);

        model.Change(deployment =>
        {
            deployment.Spec.Paused = true;
            deployment.Spec.Strategy.RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = "25%", MaxUnavailable = "25%" };
        });
        model.Rest();

        // As Kubernetes, by what the sets want and not by what works: the old one may go below what must be available.
        model.Sizes.ShouldBe([2, 3]);
    }

    [Fact]
    public void Reconcile_ScaledWithOneReplicaSet_SetsItsNumber()
    {
        var model = new DeploymentModel();
        model.Complete();
        model.Change(deployment => deployment.Spec.Replicas = 7);
        model.Rest();
        model.Sizes.ShouldBe([7]);
        model.Change(deployment => deployment.Spec.Replicas = 0);
        model.Rest();
        model.Sizes.ShouldBe([0]);
        (model.Status.Replicas, model.Status.UpdatedReplicas).ShouldBe((null, null));
    }

    [Fact]
    public void Reconcile_DeletingDeployment_OnlyWritesStatus()
    {
        var model = new DeploymentModel();
        model.Rest();
        model.Change(deployment =>
        {
            deployment.Metadata.DeletionTimestamp = model.Cluster.Now.UtcDateTime;
            deployment.Metadata.Finalizers = ["foregroundDeletion"];
            deployment.Spec.Template = DeploymentModel.TemplateOf("web:2");
        });

        model.Step().Actions.ShouldHaveSingleItem().ShouldBeOfType<PatchObject>();

        model.Sets.ShouldHaveSingleItem();
    }

    [Fact]
    public void Reconcile_AbsentDeployment_PlansNothing() =>
        new ClusterModel().Step(DeploymentModel.Reconciler, DeploymentModel.Key).ShouldBeSameAs(Plan.Nothing);
}
