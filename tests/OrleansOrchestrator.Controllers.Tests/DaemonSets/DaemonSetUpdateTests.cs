using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.DaemonSets;

/// <summary>How a DaemonSet rolls from one template to the next.</summary>
public sealed class DaemonSetUpdateTests
{
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
}
