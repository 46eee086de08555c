using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Deployments;

/// <summary>How a Deployment rolls from one template to the next, by either strategy.</summary>
public sealed class DeploymentRolloutTests
{
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reconcile_StatusOlderThanItsNumber_DoesNotCountAsAvailable(bool isPaused)
    {
        var model = new DeploymentModel(4, deployment => deployment.Spec.Strategy.RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 0, MaxUnavailable = 2 });
        model.Complete();
        model.SetImage("web:2");
        model.Rest();
        model.Sizes.ShouldBe([2, 2]);
        model.SetReady(true);
        model.StepSet(model.Sets[1]);
        model.SetImage("web:1");
        model.Change(deployment => deployment.Spec.Paused = isPaused);
        // The first set has its old number again, and a status of before, which counts pods that it has deleted since.
        var first = ObjectCodec.Clone(model.Sets[0]);
        (first.Spec.Replicas, first.Status.AvailableReplicas, first.Status.ReadyReplicas, first.Status.Replicas) = (4, 4, 4, 4);
        model.Cluster.Apply([new UpdateObject(WellKnownResources.ReplicaSets, first)]);

        model.Step();

        model.Sizes[1].ShouldBe(2, "only what the ReplicaSet has counted for its present number may let others go");
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
}
