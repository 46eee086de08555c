using k8s.Models;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Queueing;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Queueing;

public sealed class PodTrackerTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Harness _harness = new(Nodes.Create("a", cpu: "4"), Nodes.Create("b", cpu: "4"));
    private readonly SchedulingQueue _queue;
    private readonly PodTracker _tracker;

    public PodTrackerTests()
    {
        _queue = new SchedulingQueue(new SchedulingQueueOptions(), _harness.Hints);
        _tracker = new PodTracker(_harness.Cache, _queue);
    }

    [Fact]
    public void Set_VersionFromBeforeTheBinding_DoesNotWaitAgain()
    {
        var pod = Place("p", "a");
        _queue.Done(pod.Uid);

        _tracker.Set(Create("p").WithLabel("late", "yes").Info(), Now).ShouldBeTrue();

        _queue.Count.ShouldBe(0);
        _harness.Cache.IsAssumed(pod).ShouldBeTrue();
    }

    [Fact]
    public void Set_VersionDuringTheBinding_IsTheOneThatIsRetried()
    {
        var pod = Place("p", "a");

        _tracker.Set(Create("p").WithLabel("new", "yes").Info(), Now).ShouldBeTrue();
        _tracker.TakeBack(pod, Now);

        _queue.Pop(1, Now.AddSeconds(1)).ShouldHaveSingleItem().Info.Labels.ContainsKey("new").ShouldBeTrue();
        _harness.Cache.IsAssumed(pod).ShouldBeFalse();
    }

    [Fact]
    public void Assume_PodThatHasANode_IsDoneAndKeepsItsRoom()
    {
        _harness.Running(Create("p", cpu: "3").On("a"));
        var pod = Create("p", cpu: "3").Info();
        _queue.Add(pod, Now);
        _queue.Pop(1, Now);

        _tracker.Assume(pod, "b").ShouldBeFalse();

        _queue.Count.ShouldBe(0);
        _harness.Choices(Create("q", cpu: "3")).ShouldBe(["b"]);
    }

    [Fact]
    public void Set_GatedPod_IsCountedAsPendingUntilItsGatesAreGone()
    {
        var pod = Create("p");
        pod.Spec.SchedulingGates = [new V1PodSchedulingGate { Name = "quota" }];

        _tracker.Set(pod.Info(), Now).ShouldBeTrue();
        _queue.Find("uid-p")!.Place.ShouldBe(QueuePlace.Gated);

        _tracker.Set(Create("p").Info(), Now).ShouldBeTrue();
        _queue.Find("uid-p")!.Place.ShouldBe(QueuePlace.Active);
    }

    [Fact]
    public void Set_PodThatIsBoundOrTerminating_WaitsNoLonger()
    {
        foreach (var name in (string[])["bound", "going"])
            _tracker.Set(Create(name).Info(), Now).ShouldBeTrue();
        var going = Create("going");
        going.Metadata.DeletionTimestamp = Now.UtcDateTime;

        _tracker.Set(Create("bound").On("a").Info(), Now).ShouldBeTrue();
        _tracker.Set(going.Info(), Now).ShouldBeTrue();

        _queue.Count.ShouldBe(0);
    }

    private PodInfo Place(string name, string node)
    {
        var pod = Create(name).Info();
        _tracker.Set(pod, Now).ShouldBeTrue();
        _queue.Pop(1, Now).ShouldHaveSingleItem();
        _tracker.Assume(pod, node).ShouldBeTrue();
        return pod;
    }
}
