using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Deployments;

/// <summary>The revisions of a Deployment: their numbers, annotations and limit.</summary>
public sealed class DeploymentRevisionTests
{
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
    public void Reconcile_StatusOfADeploymentThatWasWrittenSince_ReplacesNothingAndComesWithTheNextLook()
    {
        var model = new DeploymentModel();
        model.Step();
        // The first step of a set makes its pods, and the second one counts them.
        model.StepSets();
        model.StepSets();
        var plan = DeploymentModel.Reconciler.Reconcile(model.Cluster.Observe(DeploymentModel.Reconciler, DeploymentModel.Key));
        model.Change(deployment =>
        {
            deployment.Spec.Replicas = 5;
            deployment.Metadata.Annotations["note"] = "theirs";
        });

        model.Cluster.Apply([plan.Conclude!([])!]).ShouldHaveSingleItem().Why.Code.ShouldBe(409);

        model.Step();
        (model.Deployment.Spec.Replicas, model.Deployment.Metadata.Annotations["note"], model.Status.Replicas).ShouldBe((5, "theirs", 3));
        DeploymentModel.Noted(model.Deployment, "revision").ShouldBe("1");
    }

    [Fact]
    public void Reconcile_ObservedRevision_IsWrittenWithTheStatus()
    {
        var model = new DeploymentModel();

        model.Rest();

        model.Deployment.Metadata.Generation.ShouldBe(1, "the controller's own annotation is no change of the user's");
    }
}
