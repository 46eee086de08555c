using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.Tests.StatefulSets;

/// <summary>How a StatefulSet rolls from one template to the next.</summary>
public sealed class StatefulSetUpdateTests
{
    [Fact]
    public void Update_GoesDownwards_OneAtATime()
    {
        var model = new StatefulModel(3);
        model.Run();
        var replaced = new List<string>();
        model.SetImage("two");

        model.Run(afterStep: () => replaced.AddRange(model.Pods.Where(pod => pod.IsDeleting).Select(pod => pod.Metadata.Name).Except(replaced)));

        replaced.ShouldBe(["db-2", "db-1", "db-0"]);
        model.Images.ShouldBe(["two", "two", "two"]);
        var status = model.Set.Status;
        status.CurrentRevision.ShouldBe(status.UpdateRevision);
        (status.Replicas, status.ReadyReplicas, status.CurrentReplicas, status.UpdatedReplicas, status.AvailableReplicas).ShouldBe((3, 3, 3, 3, 3));
        status.ObservedGeneration.ShouldBe(2);
    }

    [Fact]
    public void Update_Partition_LeavesWhatIsBelow()
    {
        var model = new StatefulModel(3, set => set.Spec.UpdateStrategy.RollingUpdate.Partition = 2);
        model.Run();
        model.SetImage("two");
        model.Run();
        model.Images.ShouldBe(["one", "one", "two"]);
        model.Set.Status.CurrentRevision.ShouldNotBe(model.Set.Status.UpdateRevision);
        (model.Set.Status.CurrentReplicas, model.Set.Status.UpdatedReplicas).ShouldBe((2, 1));

        // What is made anew below the partition is of the revision that was current.
        model.Cluster.Remove(model.Pods[0]);
        model.Run();

        model.Images.ShouldBe(["one", "one", "two"]);
    }

    [Fact]
    public void Update_OnDelete_WaitsForTheUser()
    {
        var model = new StatefulModel(2, set => set.Spec.UpdateStrategy = new V1StatefulSetUpdateStrategy { Type = "OnDelete" });
        model.Run();
        model.SetImage("two");
        model.Run();
        model.Images.ShouldBe(["one", "one"]);

        model.Cluster.Remove(model.Pods[1]);
        model.Run();

        model.Images.ShouldBe(["one", "two"]);
    }

    [Theory]
    [InlineData("OrderedReady")]
    [InlineData("Parallel")]
    public void Update_MaxUnavailable_ReplacesSoManyAtOnce(string policy)
    {
        var model = new StatefulModel(5, set =>
        {
            set.Spec.PodManagementPolicy = policy;
            set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = "50%";
        });
        model.Run();
        model.SetImage("two");

        model.Settle();
        model.Pods.Where(pod => pod.IsDeleting).Select(pod => pod.Metadata.Name).ShouldBe(["db-3", "db-4"]);

        model.Run();
        model.Images.Distinct().ShouldBe(["two"]);
    }

    [Fact]
    public void Update_ToATemplateThatDoesNotWork_StopsAtOnePod()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.SetImage("broken");

        model.Run(Works);

        model.Images.ShouldBe(["one", "one", "broken"]);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("mended")]
    public void Update_AwayFromATemplateThatDoesNotWork_NeedsNoHand(string image)
    {
        var model = new StatefulModel(3);
        model.Run();
        model.SetImage("broken");
        model.Run(Works);

        model.SetImage(image);
        model.Run(Works);

        model.Images.ShouldBe([image, image, image]);
        model.Set.Status.ReadyReplicas.ShouldBe(3);
    }

    [Fact]
    public void Update_OfASetThatNeverWorked_NeedsNoHand()
    {
        var model = new StatefulModel(3, set => set.Spec.Template.Spec.Containers[0].Image = "broken");
        model.Run(Works);
        model.Names.ShouldBe(["db-0"]);

        model.SetImage("mended");
        model.Run(Works);

        model.Images.ShouldBe(["mended", "mended", "mended"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Update_OfASetWhosePodHasFailedBefore_NeedsNoHand(bool wasReady)
    {
        var model = new StatefulModel(3, set => (set.Spec.MinReadySeconds, set.Spec.Template.Spec.Containers[0].Image) = (1, "broken"));
        model.Settle();
        model.SetReady(model.Pods[0], wasReady);
        if (wasReady)
            model.SetReady(model.Pods[0], false);
        model.Cluster.Now += TimeSpan.FromMinutes(1);

        model.SetImage("mended");
        RunThroughTime(model);

        model.Images.ShouldBe(["mended", "mended", "mended"]);
    }

    [Fact]
    public void Update_BackFromATemplateWithWhichTheSetGrew_NeedsNoHand()
    {
        var model = new StatefulModel(2);
        model.Run();
        model.Cluster.Now += TimeSpan.FromMinutes(1);
        model.ChangeSet(set => (set.Spec.Replicas, set.Spec.Template.Spec.Containers[0].Image) = (4, "broken"));
        model.Run(Works);
        model.Names.ShouldBe(["db-0", "db-1", "db-2"]);
        model.SetReady(model.Pods[2], false);

        // Its revision is older than the pod.
        model.SetImage("one");
        model.Run(Works);

        model.Images.ShouldBe(["one", "one", "one", "one"]);
    }

    [Fact]
    public void Update_ToATemplateThatDoesNotWork_LeavesAnOldPodThatIsUnreadyForAMoment()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.Cluster.Now += TimeSpan.FromMinutes(1);
        model.SetImage("broken");
        model.Run(Works);
        model.Cluster.Now += TimeSpan.FromMinutes(1);

        model.SetReady(model.Pods[1], false);
        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
        model.Images.ShouldBe(["one", "one", "broken"]);
    }

    [Fact]
    public void Update_ToATemplateThatDoesNotWork_InParallel_LeavesOldPodsThatAreUnreadyForAMoment()
    {
        var model = new StatefulModel(3, set => (set.Spec.PodManagementPolicy, set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable) = ("Parallel", 1));
        model.Run();
        model.SetReady(model.Pods[1], false);
        model.SetImage("broken");
        model.Settle();
        model.Cluster.Remove(model.Find(1)!);
        model.Settle();
        model.Images.ShouldBe(["one", "broken", "one"]);

        model.SetReady(model.Pods[2], false);
        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
    }

    [Fact]
    public void Update_PodAboveThatIsJustBeingReplaced_IsWaitedFor()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.Cluster.Now += TimeSpan.FromMinutes(1);
        model.SetImage("broken");
        model.Settle();
        model.Cluster.Now += TimeSpan.FromMinutes(1);

        model.SetReady(model.Pods[1], false);
        model.Settle();
        model.Cluster.Remove(model.Find(2)!);
        model.Settle();
        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();

        model.Run(Works);
        model.Images.ShouldBe(["one", "one", "broken"]);
    }

    [Fact]
    public void Update_PodBelowThatIsNotReady_IsWaitedFor()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.SetReady(model.Pods[0], false);
        model.SetImage("two");

        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
    }

    /// <summary>Lets everything happen, and pods that work be ready long enough to count.</summary>
    private static void RunThroughTime(StatefulModel model)
    {
        for (var round = 0; round < 10; round++)
        {
            model.Run(Works);
            model.Cluster.Now += TimeSpan.FromMinutes(1);
        }
    }

    private static bool Works(V1Pod pod) => pod.Spec.Containers[0].Image != "broken";
}
