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
    public void Reconcile_NewTemplate_RollsPodByPod()
    {
        var model = new DeploymentModel();
        model.Complete();
        model.Cluster.Events.Clear();

        model.SetImage("web:2");
        var seen = new List<string>();
        while (model.Sizes is not [0, 3])
        {
            model.Rest();
            seen.Add(string.Join('+', model.Sizes));
            model.SetReady(true);
        }

        seen.ShouldBe(["3+1", "2+2", "1+3", "0+3"]);
        model.Complete();
        var (old, set) = (model.Sets[0].Metadata.Name, model.Sets[1].Metadata.Name);
        model.Messages.ShouldBe(
        [
            $"Scaled up replica set {set} from 0 to 1", $"Scaled down replica set {old} from 3 to 2", $"Scaled up replica set {set} from 1 to 2",
            $"Scaled down replica set {old} from 2 to 1", $"Scaled up replica set {set} from 2 to 3", $"Scaled down replica set {old} from 1 to 0",
        ]);
        DeploymentModel.Noted(model.Deployment, "revision").ShouldBe("2");
        model.Pods.ShouldAllBe(pod => pod.Spec.Containers[0].Image == "web:2");
        model.Progress.ShouldBe("True NewReplicaSetAvailable");
    }

    [Fact]
    public void Reconcile_MoreMayBeUnavailableThanThereAre_ReplacesAllAtOnce()
    {
        var model = new DeploymentModel(4, deployment => deployment.Spec.Strategy.RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 0, MaxUnavailable = "100%" });
        model.Complete();

        model.SetImage("web:2");
        model.Step();

        model.Sizes.ShouldBe([0, 0]);
        model.Rest();
        model.Sizes.ShouldBe([0, 4]);
    }

    [Fact]
    public void Reconcile_OldReplicasThatAreUnavailable_GoFirst()
    {
        var model = new DeploymentModel(10, deployment => deployment.Spec.Strategy.RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 3, MaxUnavailable = 2 });
        model.Complete();
        model.SetImage("web:2");
        model.Rest();
        model.Sizes.ShouldBe([8, 5]);
        // The second template does not work either, and some of the first fail.
        model.SetImage("web:3");
        model.Rest();

        model.Sizes.ShouldBe([8, 0, 5], "of the 13 that there may be, 5 of the second template worked for nobody");
    }

    [Fact]
    public void Reconcile_NewPodsNeverReady_LeavesTheOldOnes()
    {
        var model = new DeploymentModel(4);
        model.Complete();

        model.SetImage("broken");
        model.Rest();
        model.Cluster.Now += TimeSpan.FromSeconds(602);
        model.Rest();

        model.Sizes.ShouldBe([3, 2]);
        model.Progress.ShouldBe("False ProgressDeadlineExceeded");
        model.Condition("Progressing")!.Message.ShouldBe($"ReplicaSet \"{model.Sets[1].Metadata.Name}\" has timed out progressing.");
        model.Condition("Available")!.Status.ShouldBe("True");

        model.SetReady(true);
        model.Rest();
        model.Progress.ShouldBe("True ReplicaSetUpdated", "it goes on all the same");
    }

    [Fact]
    public void Reconcile_StatusOlderThanItsNumber_DoesNotCountAsAvailable()
    {
        var model = new DeploymentModel(4, deployment => deployment.Spec.Strategy.RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 0, MaxUnavailable = 2 });
        model.Complete();
        model.SetImage("web:2");
        model.Rest();
        model.Sizes.ShouldBe([2, 2]);
        model.SetReady(true);
        model.StepSet(model.Sets[1]);
        model.SetImage("web:1");
        // The first set has its old number again, and a status of before, which counts pods that it has deleted since.
        var first = ObjectCodec.Clone(model.Sets[0]);
        (first.Spec.Replicas, first.Status.AvailableReplicas, first.Status.ReadyReplicas, first.Status.Replicas) = (4, 4, 4, 4);
        model.Cluster.Apply([new UpdateObject(WellKnownResources.ReplicaSets, first)]);

        model.Step();

        model.Sizes.ShouldBe([4, 2], "only what the replica set has counted for its present number may let others go");
    }

    [Fact]
    public void Reconcile_RolloutUnderWay_LooksAgainWhenTheDeadlineIsOver()
    {
        var model = new DeploymentModel();
        model.Rest();

        model.Cluster.Now += TimeSpan.FromSeconds(200);

        model.Step().RequeueAfter.ShouldBe(TimeSpan.FromSeconds(401));
        model.SetReady(true);
        model.Rest();
        model.Step().RequeueAfter.ShouldBeNull();
    }

    [Fact]
    public void Reconcile_NoDeadline_TellsNoProgress()
    {
        var model = new DeploymentModel(change: deployment => deployment.Spec.ProgressDeadlineSeconds = int.MaxValue);

        model.Complete();

        model.Condition("Progressing").ShouldBeNull();
    }

    [Fact]
    public void Reconcile_Recreation_WaitsUntilTheLastOldPodHasEnded()
    {
        var model = new DeploymentModel(2, deployment => deployment.Spec.Strategy = new V1DeploymentStrategy { Type = "Recreate" }, keepsDeletedPods: true);
        model.Complete();

        model.SetImage("web:2");
        model.Rest();

        model.Sizes.ShouldBe([0], "pods that are being deleted still run");
        model.Cluster.All<V1Pod>().Count.ShouldBe(2);
        var pods = model.Cluster.All<V1Pod>();
        model.Cluster.Remove(pods[0]);
        model.Rest();
        model.Sizes.ShouldBe([0]);
        model.Cluster.Remove(pods[1]);
        model.Complete();
        model.Sizes.ShouldBe([0, 2]);
        model.Progress.ShouldBe("True NewReplicaSetAvailable");
    }

    [Fact]
    public void Reconcile_Recreation_WaitsForOldSetsThatHaveNotCountedYet()
    {
        var model = new DeploymentModel(2, deployment => deployment.Spec.Strategy = new V1DeploymentStrategy { Type = "Recreate" });
        model.Complete();
        model.SetImage("web:2");
        model.Complete();
        model.SetImage("web:1");
        for (model.Step(); model.Sizes[0] == 0; model.Step())
            model.StepSet(model.Sets[1]);

        // What the first set does about its two replicas is not known yet.
        model.SetImage("web:2");
        model.Step();
        model.Step();

        model.Sizes.ShouldBe([0, 0]);
        model.StepSet(model.Sets[0]);
        model.Step();
        model.Sizes.ShouldBe([0, 2]);
    }

    [Fact]
    public void Reconcile_RecreationChosenInAScaledRollout_GoesOn()
    {
        var model = new DeploymentModel(4);
        model.Complete();
        model.SetImage("web:2");
        model.Rest();
        model.Sizes.ShouldBe([3, 2]);

        model.Change(deployment =>
        {
            deployment.Spec.Replicas = 6;
            deployment.Spec.Strategy = new V1DeploymentStrategy { Type = "Recreate" };
        });
        model.Complete();

        model.Sizes.ShouldBe([0, 6]);
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
    public void Reconcile_TemplateOfBefore_IsTheNewestRevisionAndRemembersWhatItWas()
    {
        var model = new DeploymentModel();
        model.Complete();
        model.SetImage("web:2");
        model.Complete();

        model.SetImage("web:1");
        model.Complete();
        model.SetImage("web:2");
        model.Complete();
        model.SetImage("web:1");
        model.Complete();

        model.Sets.Count.ShouldBe(2);
        model.Sizes.ShouldBe([3, 0]);
        (DeploymentModel.Noted(model.Sets[0], "revision"), DeploymentModel.Noted(model.Sets[0], "revision-history")).ShouldBe(("5", "1,3"));
        (DeploymentModel.Noted(model.Sets[1], "revision"), DeploymentModel.Noted(model.Sets[1], "revision-history")).ShouldBe(("4", "2"));
        DeploymentModel.Noted(model.Deployment, "revision").ShouldBe("5");
    }

    [Fact]
    public void Reconcile_RevisionsBeyondTheLimit_AreDeletedOldestFirst()
    {
        var model = new DeploymentModel(change: deployment => deployment.Spec.RevisionHistoryLimit = 2);
        for (var i = 1; i <= 5; i++)
        {
            model.SetImage($"web:{i}");
            model.Complete();
        }

        model.Sets.Select(DeploymentModel.ImageOf).ShouldBe(["web:3", "web:4", "web:5"]);
    }

    [Fact]
    public void Reconcile_RevisionThatCannotBeDeleted_HidesNothing()
    {
        var model = new DeploymentModel(change: deployment => deployment.Spec.RevisionHistoryLimit = 0);
        model.Complete();
        model.Cluster.Refuses = action => action is DeleteObject && action.Resource == WellKnownResources.ReplicaSets
            ? ApiErrors.Forbidden(WellKnownResources.ReplicaSets, null, "not now")
            : null;
        model.SetImage("web:2");
        for (var round = 0; round < 20; round++)
        {
            var isTold = model.Progress == "True NewReplicaSetAvailable";
            var plan = model.Step();
            if (!isTold)
                plan.Actions.OfType<DeleteObject>().ShouldBeEmpty("a revision is kept until the rollout is told to be complete");
            model.StepSets();
            model.SetReady(true);
        }

        model.Sets.Count.ShouldBe(2);
        (model.Progress, model.Status.UpdatedReplicas, model.Status.AvailableReplicas).ShouldBe(("True NewReplicaSetAvailable", 3, 3));
        model.SetReady(false);
        model.StepSets();
        model.Step().Actions.OfType<DeleteObject>().ShouldNotBeEmpty();
        (model.Condition("Available")!.Status, model.Status.AvailableReplicas).ShouldBe(("False", null));
    }

    [Fact]
    public void Reconcile_RolloutUnderWay_KeepsAllRevisions()
    {
        var model = new DeploymentModel(change: deployment => deployment.Spec.RevisionHistoryLimit = 0);
        model.Complete();
        model.SetImage("broken");
        model.Rest();
        model.SetImage("web:3");
        model.Rest();

        model.Sets.Count.ShouldBe(3);
        model.Complete();
        model.Sets.ShouldHaveSingleItem();
    }

    [Fact]
    public void Reconcile_AnnotationsOfTheDeployment_GoToItsReplicaSet()
    {
        var model = new DeploymentModel(change: deployment => deployment.Metadata.Annotations = new Dictionary<string, string>
        {
            ["kubernetes.io/change-cause"] = "because",
            ["kubectl.kubernetes.io/last-applied-configuration"] = "{}",
        });
        model.Complete();
        model.Change(deployment => deployment.Metadata.Annotations["kubernetes.io/change-cause"] = "on second thoughts");
        model.Rest();

        var annotations = model.Sets.ShouldHaveSingleItem().Metadata.Annotations;
        annotations["kubernetes.io/change-cause"].ShouldBe("on second thoughts");
        annotations.ShouldNotContainKey("kubectl.kubernetes.io/last-applied-configuration");
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
    public void Reconcile_MinReadySeconds_WaitsWithTheNextStep()
    {
        var model = new DeploymentModel(1, deployment => deployment.Spec.MinReadySeconds = 30);
        model.Rest();
        model.SetReady(true);
        model.Rest();
        (model.Status.ReadyReplicas, model.Status.AvailableReplicas).ShouldBe((1, null));
        model.Cluster.Now += TimeSpan.FromSeconds(30);
        model.Rest();
        model.Status.AvailableReplicas.ShouldBe(1);

        model.SetImage("web:2");
        model.Rest();
        model.SetReady(true);
        model.Rest();
        model.Sizes.ShouldBe([1, 1], "the new pod is ready, but not yet for long enough");
        model.Cluster.Now += TimeSpan.FromSeconds(30);
        model.Rest();
        model.Sizes.ShouldBe([0, 1]);

        model.Change(deployment => deployment.Spec.MinReadySeconds = 5);
        model.Rest();
        model.Sets[1].Spec.MinReadySeconds.ShouldBe(5);
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
    public void Reconcile_ObservedRevision_IsWrittenWithTheStatus()
    {
        var model = new DeploymentModel();

        model.Rest();

        model.Deployment.Metadata.Generation.ShouldBe(1, "the controller's own annotation is no change of the user's");
    }

    [Fact]
    public void Reconcile_AbsentDeployment_PlansNothing() =>
        new ClusterModel().Step(DeploymentModel.Reconciler, DeploymentModel.Key).ShouldBeSameAs(Plan.Nothing);
}
