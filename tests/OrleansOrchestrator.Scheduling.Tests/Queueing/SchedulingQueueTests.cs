using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Queueing;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Queueing;

public sealed class SchedulingQueueTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Changes.Hints _hints = new();
    private readonly SchedulingQueue _queue;

    public SchedulingQueueTests() => _queue = new SchedulingQueue(new SchedulingQueueOptions(), _hints);

    [Fact]
    public void Pop_Pods_ComeByPriorityThenTime()
    {
        _queue.Add(Create("late").Info(), At(2));
        _queue.Add(Create("early").Info(), At(1));
        _queue.Add(Create("important").WithPriority(5).Info(), At(3));
        Names(_queue.Pop(10, At(3))).ShouldBe(["important", "early", "late"]);
    }

    [Fact]
    public void Pop_Limit_LeavesTheRest()
    {
        for (var i = 0; i < 5; i++)
            _queue.Add(Create($"p{i}").Info(), At(i));
        Names(_queue.Pop(2, At(5))).ShouldBe(["p0", "p1"]);
        Names(_queue.Pop(9, At(5))).ShouldBe(["p2", "p3", "p4"]);
        _queue.Pop(9, At(5)).ShouldBeEmpty();
    }

    [Fact]
    public void Add_GatedPod_WaitsForItsGates()
    {
        var pod = Create("p");
        pod.Spec.SchedulingGates = [new() { Name = "quota" }];
        _queue.Add(pod.Info(), At(0));
        _queue.Pop(1, At(1000)).ShouldBeEmpty();
        _queue.NextWake.ShouldBeNull();
        _queue.Update(Create("p").Info(), At(1001));
        Names(_queue.Pop(1, At(1001))).ShouldBe(["p"]);
    }

    [Fact]
    public void Add_FullQueue_Refuses()
    {
        var queue = new SchedulingQueue(new SchedulingQueueOptions { PodsMax = 1 }, _hints);
        queue.Add(Create("p").Info(), At(0)).ShouldBeTrue();
        queue.Add(Create("q").Info(), At(0)).ShouldBeFalse();
        queue.Count.ShouldBe(1);
    }

    [Fact]
    public void Retry_EachFailure_DoublesTheBackoffUpToTheLimit()
    {
        _queue.Add(Create("p").Info(), At(0));
        var now = 0.0;
        foreach (var backoff in new[] { 1, 2, 4, 8, 10, 10 })
        {
            _queue.Pop(1, At(now)).Count.ShouldBe(1);
            _queue.Retry("uid-p", At(now));
            _queue.NextWake.ShouldBe(At(now + backoff));
            _queue.Pop(1, At(now + backoff - 0.001)).ShouldBeEmpty();
            now += backoff;
        }
    }

    [Fact]
    public void AddUnschedulable_NothingHappens_IsTriedAgainAfterFiveMinutes()
    {
        PopAndFail("p", ClusterEvents.NodeAdded, 0);
        _queue.Pop(1, At(299)).ShouldBeEmpty();
        _queue.NextWake.ShouldBe(At(300));
        Names(_queue.Pop(1, At(300))).ShouldBe(["p"]);
    }

    [Fact]
    public void Move_ChangeThatHelps_WakesAfterBackoff()
    {
        PopAndFail("p", ClusterEvents.AssignedPodRemoved, 0);
        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(0.5));
        _queue.Find("uid-p")!.Place.ShouldBe(QueuePlace.BackingOff);
        Names(_queue.Pop(1, At(1))).ShouldBe(["p"]);
    }

    [Fact]
    public void Move_ChangeThatHelpsAfterBackoff_WakesAtOnce()
    {
        PopAndFail("p", ClusterEvents.AssignedPodRemoved, 0);
        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved | ClusterEvents.NodeAdded), At(20));
        Names(_queue.Pop(1, At(20))).ShouldBe(["p"]);
    }

    [Fact]
    public void Move_ChangeThatCannotHelp_WakesNobody()
    {
        PopAndFail("p", ClusterEvents.AssignedPodRemoved, 0);
        _queue.Move(Changes.Of(ClusterEvents.NodeTaintsChanged), At(20));
        _queue.Find("uid-p")!.Place.ShouldBe(QueuePlace.Unschedulable);
    }

    [Fact]
    public void Move_PodsThatAreAlike_AreJudgedOnce()
    {
        FailAlike(1_000);
        _queue.Move(Changes.Of(ClusterEvents.NodeTaintsChanged), At(20));
        _hints.Questions.ShouldBe(1);
    }

    [Fact]
    public void Move_PodsThatAreAlike_AreTriedOneAfterAnother_AsLongAsEachIsPlaced()
    {
        FailAlike(1_000);
        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(20));
        for (var i = 0; i < 3; i++)
        {
            Names(_queue.Pop(1_000, At(20))).ShouldBe([$"p{i}"]);
            _queue.Pop(1_000, At(20)).ShouldBeEmpty("nobody knows yet whether there is room");
            _queue.Placed($"uid-p{i}");
        }

        Names(_queue.Pop(1_000, At(20))).ShouldBe(["p3"]);
        _queue.AddUnschedulable("uid-p3", Changes.HelpedBy(ClusterEvents.AssignedPodRemoved), At(20));
        _queue.Pop(1_000, At(100)).ShouldBeEmpty("the others would fail alike");
        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(100));
        Names(_queue.Pop(1_000, At(100))).ShouldBe(["p4"]);
    }

    [Fact]
    public void Move_WhileOneOfThoseThatAreAlikeIsTried_WakesNoOther()
    {
        FailAlike(10);
        for (var i = 0; i < 5; i++)
            _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(20));
        _queue.Pop(10, At(20)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("gated")]
    [InlineData("deleted in flight")]
    [InlineData("failed for another reason")]
    [InlineData("unlike the others")]
    [InlineData("waiting for its victims")]
    public void Move_OneOfThoseThatAreAlikeIsNotJudged_TheNextIsTried(string fate)
    {
        FailAlike(3);
        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(20));
        if (fate is not ("deleted" or "gated"))
            _queue.Pop(1, At(20)).Count.ShouldBe(1);
        switch (fate)
        {
            case "gated":
                var gated = Create("p0");
                gated.Spec.SchedulingGates = [new() { Name = "quota" }];
                _queue.Update(gated.Info(), At(20));
                break;
            case "failed for another reason":
                _queue.Retry("uid-p0", At(20));
                break;
            case "unlike the others":
                _queue.Update(Create("p0", cpu: "1").Info(), At(20));
                _queue.AddUnschedulable("uid-p0", Changes.HelpedBy(ClusterEvents.AssignedPodRemoved), At(20));
                break;
            case "waiting for its victims":
                _queue.AddUnschedulable("uid-p0", Changes.HelpedBy(ClusterEvents.AssignedPodRemoved) with { IsOfItAlone = true }, At(20));
                break;
            default:
                _queue.Delete("uid-p0").ShouldBeTrue();
                break;
        }

        Names(_queue.Pop(3, At(20))).ShouldBe(["p1"]);
    }

    [Fact]
    public void Move_PodsThatAreAlikeInManyNamespaces_NamespacesTakeTurns()
    {
        for (var i = 0; i < 100; i++)
            Fail(In("flood", $"f{i}"), ClusterEvents.AssignedPodRemoved, 0);
        Fail(In("calm", "a"), ClusterEvents.AssignedPodRemoved, 5);

        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(20));

        var placed = new List<string>();
        while (_queue.Pop(1, At(20)) is [var pod] && placed.Count < 4)
        {
            placed.Add(pod.Info.Name);
            _queue.Charge(pod, TimeSpan.FromMilliseconds(1));
            _queue.Placed(pod.Info.Uid);
        }

        placed.ShouldContain("a");
    }

    [Fact]
    public void Move_OneOfThoseThatAreAlikeBacksOffForLong_OneWhoseTurnComesEarlierIsTried()
    {
        PopAndFail("slow", ClusterEvents.AssignedPodRemoved, 0);
        foreach (var seconds in (double[])[1, 3, 7])
        {
            _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(seconds));
            Names(_queue.Pop(1, At(seconds))).ShouldBe(["slow"]);
            _queue.AddUnschedulable("uid-slow", Changes.HelpedBy(ClusterEvents.AssignedPodRemoved), At(seconds));
        }

        PopAndFail("quick", ClusterEvents.AssignedPodRemoved, 8);
        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(8.5));
        Names(_queue.Pop(2, At(9))).ShouldBe(["quick"]);
        _queue.Placed("uid-quick");

        // A change has chosen the slow one before the other came.
        _queue.Pop(2, At(9)).ShouldBeEmpty();
        PopAndFail("later", ClusterEvents.AssignedPodRemoved, 10);
        _queue.Move(Changes.Of(ClusterEvents.AssignedPodRemoved), At(10.5));
        Names(_queue.Pop(2, At(11))).ShouldBe(["later"]);
        Names(_queue.Pop(2, At(15))).ShouldBe(["slow"]);
    }

    [Fact]
    public void Pop_PodsThatAreAlikeHaveWaitedForLong_TriesOne()
    {
        FailAlike(10);
        _queue.Pop(10, At(300)).Count.ShouldBe(1);
        _queue.NextWake.ShouldBe(At(600));
    }

    [Fact]
    public void AddUnschedulable_HelpfulChangeBeforeTheAttempt_DoesNotCount()
    {
        _queue.Move(Changes.Of(ClusterEvents.NodeAdded), At(0));
        PopAndFail("p", ClusterEvents.NodeAdded, 1);
        _queue.Find("uid-p")!.Place.ShouldBe(QueuePlace.Unschedulable);
    }

    [Fact]
    public void Update_UnschedulablePodAsksForLess_IsTriedAgain()
    {
        PopAndFail("p", ClusterEvents.NodeAdded, 0);
        _queue.Update(Create("p", cpu: "1").Info(), At(5));
        _queue.Find("uid-p")!.Place.ShouldBe(QueuePlace.Active);
    }

    [Fact]
    public void Update_UnschedulablePodChangesOnlyStatus_SleepsOn()
    {
        PopAndFail("p", ClusterEvents.NodeAdded, 0);
        var pod = Create("p");
        pod.Status.Message = "0/1 nodes are available";
        _queue.Update(pod.Info(), At(5));
        _queue.Find("uid-p")!.Place.ShouldBe(QueuePlace.Unschedulable);
    }

    [Fact]
    public void Update_HigherPriority_MovesForward()
    {
        _queue.Add(Create("a").Info(), At(0));
        _queue.Add(Create("b").Info(), At(1));
        _queue.Update(Create("b").WithPriority(1).Info(), At(2));
        Names(_queue.Pop(2, At(2))).ShouldBe(["b", "a"]);
    }

    [Fact]
    public void Pop_NamespaceWithManyPods_TakesTurnsWithTheOthers()
    {
        for (var i = 0; i < 1_000; i++)
            _queue.Add(In("flood", $"f{i}"), At(0));
        _queue.Add(In("calm", "a"), At(1));
        _queue.Add(In("calm", "b"), At(1));
        Names(_queue.Pop(4, At(2))).ShouldBe(["f0", "a", "f1", "b"]);
    }

    [Fact]
    public void Charge_PodsThatAreSlowToJudge_WaitForAsLongAsTheyTook()
    {
        for (var i = 0; i < 100; i++)
            _queue.Add(In("slow", $"s{i}"), At(0));
        _queue.Charge(_queue.Pop(1, At(0)).Single(), TimeSpan.FromMilliseconds(100));
        for (var i = 0; i < 100; i++)
            _queue.Add(In("quick", $"q{i}"), At(1));

        for (var i = 0; i < 100; i++)
        {
            var pod = _queue.Pop(1, At(2)).Single();
            pod.Info.Namespace.ShouldBe("quick");
            _queue.Charge(pod, TimeSpan.FromMilliseconds(0.9));
        }

        Names(_queue.Pop(1, At(2))).ShouldBe(["s1"]);
    }

    [Fact]
    public void Charge_NamespaceThatWasAlone_OwesNothingForIt()
    {
        _queue.Add(In("busy", "a"), At(0));
        _queue.Charge(_queue.Pop(1, At(0)).Single(), TimeSpan.FromHours(1));
        _queue.Add(In("busy", "b"), At(1));
        _queue.Pop(1, At(1));
        _queue.Add(In("busy", "c"), At(2));
        _queue.Add(In("new", "x"), At(2));
        _queue.Add(In("new", "y"), At(2));
        Names(_queue.Pop(3, At(2))).ShouldBe(["x", "c", "y"]);
    }

    [Fact]
    public void Pop_PodsOfHigherPriority_ComeFirstWhateverTheirNamespaceHasTaken()
    {
        _queue.Add(In("busy", "a"), At(0));
        _queue.Charge(_queue.Pop(1, At(0)).Single(), TimeSpan.FromHours(1));
        _queue.Add(In("new", "x"), At(1));
        _queue.Add(Create("important").WithPriority(5).Info(), At(1));
        Names(_queue.Pop(2, At(2))).ShouldBe(["important", "x"]);
    }

    [Fact]
    public void Delete_PodInFlight_IgnoresItsOutcome()
    {
        _queue.Add(Create("p").Info(), At(0));
        _queue.Pop(1, At(0));
        _queue.Delete("uid-p").ShouldBeTrue();
        _queue.AddUnschedulable("uid-p", Changes.HelpedBy(ClusterEvents.NodeAdded), At(1));
        _queue.Retry("uid-p", At(1));
        _queue.Count.ShouldBe(0);
        _queue.Pop(1, At(1000)).ShouldBeEmpty();
    }

    private static PodInfo In(string podNamespace, string name)
    {
        var pod = Create(name);
        pod.Metadata.NamespaceProperty = podNamespace;
        return pod.Info();
    }

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    private static string[] Names(IEnumerable<QueuedPod> pods) => [.. pods.Select(pod => pod.Info.Name)];

    private void FailAlike(int count)
    {
        for (var i = 0; i < count; i++)
            PopAndFail($"p{i}", ClusterEvents.AssignedPodRemoved, 0);
    }

    private void PopAndFail(string name, ClusterEvents wakesOn, double seconds) => Fail(Create(name).Info(), wakesOn, seconds);

    private void Fail(PodInfo pod, ClusterEvents wakesOn, double seconds)
    {
        _queue.Add(pod, At(seconds));
        Names(_queue.Pop(1, At(seconds))).ShouldBe([pod.Name]);
        _queue.AddUnschedulable(pod.Uid, Changes.HelpedBy(wakesOn), At(seconds));
    }
}
