using CsCheck;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

public sealed class FencingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);
    private static readonly FencingTimes Times = new() { FencingTime = Limit };

    [Fact]
    public void StopAfter_DefaultToleration_IsTheFencingTime() =>
        Times.StopAfter(Pod(Toleration(5))).ShouldBe(TimeSpan.FromSeconds(7));

    [Fact]
    public void StopAfter_LongerToleration_MovesByTheDifference() =>
        Times.StopAfter(Pod(Toleration(300))).ShouldBe(TimeSpan.FromSeconds(7 + (295 * 0.97)));

    [Fact]
    public void StopAfter_LessThanTheDefault_IsTheFencingTimeToo()
    {
        Times.StopAfter(Pod()).ShouldBe(TimeSpan.FromSeconds(7));
        Times.StopAfter(Pod(Toleration(0))).ShouldBe(TimeSpan.FromSeconds(7));
        Times.StopAfter(Pod(Toleration(null) with { Effect = "NoSchedule" })).ShouldBe(TimeSpan.FromSeconds(7));
        Times.StopAfter(Pod(Toleration(null) with { Key = "node.kubernetes.io/not-ready" })).ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void StopAfter_TolerationForEver_IsNever()
    {
        Times.StopAfter(Pod(Toleration(null))).ShouldBeNull();
        Times.StopAfter(Pod(new V1Toleration { OperatorProperty = "Exists" })).ShouldBeNull();
    }

    [Fact]
    public void StopAfter_SeveralTolerations_TakesTheShortest() =>
        Times.StopAfter(Pod(Toleration(null), Toleration(60), Toleration(30))).ShouldBe(TimeSpan.FromSeconds(7 + (25 * 0.97)));

    [Fact]
    public void Validate_ManyFaults_NamesAllOfThem()
    {
        var faults = NodeAgentOptionsValidator.Validate(new NodeAgentOptions
        {
            Name = "Not_A_Label",
            DataDirectory = "",
            Times = new FencingTimes { FencingTime = TimeSpan.FromSeconds(11) },
            MaxPods = 0,
        });

        faults.Count.ShouldBe(4);
        faults.ShouldContain("FencingTime + StopTime (13 s), and 3 % more for clocks that drift, must be less than LeaseDuration + DefaultToleration (13 s), or a pod could run twice.");
    }

    [Fact]
    public void LeaseClock_Acknowledged_CountsFromWhenTheRenewalWasSent()
    {
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, null);
        time.Advance(TimeSpan.FromSeconds(10));
        var sent = clock.Now;
        time.Advance(TimeSpan.FromSeconds(3));

        clock.Acknowledge(sent, TimeSpan.FromSeconds(7));

        clock.SinceAcknowledged.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void LeaseClock_DaemonRestarted_RemembersTheLastAcknowledgement()
    {
        var file = Path.GetTempFileName();
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, file);
        clock.Acknowledge(clock.Now, TimeSpan.FromSeconds(7));
        time.Advance(TimeSpan.FromSeconds(40));

        new LeaseClock(time, file).SinceAcknowledged.ShouldBe(TimeSpan.FromSeconds(40));
        File.Delete(file);
    }

    [Fact]
    public void LeaseClock_HeldByPeers_GivesTimeFromWhenTheQuestionWasSent()
    {
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, null);
        time.Advance(TimeSpan.FromSeconds(6));
        var sent = clock.Now;
        time.Advance(TimeSpan.FromSeconds(1));

        clock.Hold(sent, TimeSpan.FromSeconds(4), "view");

        clock.Remaining(TimeSpan.FromSeconds(8)).ShouldBe(TimeSpan.FromSeconds(3));
        clock.Remaining(TimeSpan.FromSeconds(60)).ShouldBe(TimeSpan.FromSeconds(53));
        time.Advance(TimeSpan.FromSeconds(3));
        clock.Remaining(TimeSpan.FromSeconds(8)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void LeaseClock_HeldAfterThePodsTimeWasOver_LeavesThePodStopped()
    {
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, null);
        time.Advance(TimeSpan.FromSeconds(10));

        clock.Hold(clock.Now, TimeSpan.FromSeconds(4), "view");

        clock.Remaining(TimeSpan.FromSeconds(7)).ShouldBe(TimeSpan.FromSeconds(-3));
        clock.Remaining(TimeSpan.FromSeconds(12)).ShouldBe(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public void LeaseClock_OutageThatOutlastedAPod_IsRemembered()
    {
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, null);
        var before = clock.Lapses;
        time.Advance(TimeSpan.FromSeconds(10));

        clock.Acknowledge(clock.Now, TimeSpan.FromSeconds(7));

        clock.HasLapsed(before, TimeSpan.FromSeconds(7)).ShouldBeTrue();
        clock.HasLapsed(before, TimeSpan.FromSeconds(60)).ShouldBeFalse();
        clock.HasLapsed(clock.Lapses, TimeSpan.FromSeconds(7)).ShouldBeFalse();
    }

    [Fact]
    public void LeaseClock_AcknowledgedWhenTheGuardMayHaveActed_IsRememberedAsALapse()
    {
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, null);
        time.Advance(Limit - LeaseMeasurement.Margin);

        clock.Measure().IsOver(Limit).ShouldBeTrue();
        clock.Acknowledge(clock.Now, Limit);

        clock.HasLapsed(0, Limit).ShouldBeTrue("what the guard ended starts again only when the control plane has confirmed it");
    }

    [Fact]
    public void LeaseClock_DaemonRestartedWhileHeld_KeepsWhatIsLeft()
    {
        var file = Path.GetTempFileName();
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, file);
        clock.Acknowledge(clock.Now, TimeSpan.FromSeconds(7));
        time.Advance(TimeSpan.FromSeconds(6));
        clock.Hold(clock.Now, TimeSpan.FromSeconds(4), "view");
        time.Advance(TimeSpan.FromSeconds(1));

        new LeaseClock(time, file).Remaining(TimeSpan.FromSeconds(7)).ShouldBe(TimeSpan.FromSeconds(3));
        File.Delete(file);
    }

    [Fact]
    public void LeaseClock_OfANodeThatDecidesAlone_LetsPodsRunWhateverTheSilence()
    {
        var time = new FakeTimeProvider();
        var isAlone = true;
        var clock = new LeaseClock(time, null, () => isAlone);
        time.Advance(TimeSpan.FromHours(1));

        clock.Remaining(TimeSpan.FromSeconds(7)).ShouldBe(TimeSpan.MaxValue);
        clock.Acknowledge(clock.Now, TimeSpan.FromSeconds(7));
        clock.HasLapsed(0, TimeSpan.FromSeconds(7)).ShouldBeFalse();
        isAlone = false;
        clock.Remaining(TimeSpan.FromSeconds(7)).ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void LeaseClock_WallClockLeapsAndARenewalIsAcknowledged_StopsNothing()
    {
        var (time, uptime, clock) = Acknowledged();
        time.SetWallClock(TimeSpan.FromHours(1));

        clock.Measure().Leap.ShouldBe(TimeSpan.FromHours(1));
        clock.Remaining(Limit).ShouldBe(Limit);
        uptime.Advance(TimeSpan.FromSeconds(1));
        var lapses = clock.Lapses;
        clock.Acknowledge(clock.Now, Limit);

        clock.Measure().Leap.ShouldBe(TimeSpan.Zero);
        clock.Remaining(Limit).ShouldBe(Limit);
        clock.HasLapsed(lapses, Limit).ShouldBeTrue("the machine may have stood still: the control plane has to confirm its pods");
    }

    [Fact]
    public void LeaseClock_WallClockLeapsAndNoRenewalIsAcknowledged_CountsTheLeap()
    {
        var (time, uptime, clock) = Acknowledged();
        var beforeTheLeap = clock.Now;
        time.SetWallClock(TimeSpan.FromSeconds(5));
        clock.Remaining(Limit).ShouldBe(Limit);

        clock.Acknowledge(beforeTheLeap, Limit);
        uptime.Advance(LeaseClock.DoubtTime);

        clock.SinceAcknowledged.ShouldBe(TimeSpan.FromSeconds(5) + LeaseClock.DoubtTime, "what was sent before the leap proves nothing");
        clock.Measure().Leap.ShouldBe(TimeSpan.Zero, "it is counted");
    }

    [Fact]
    public void LeaseClock_WallClockOfAnAdjustedSpeed_IsNotInDoubt()
    {
        var (time, _, clock) = Acknowledged();
        time.SetWallClock(TimeSpan.FromMilliseconds(900));

        clock.Measure().ShouldBe(new LeaseMeasurement(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, false));
    }

    [Fact]
    public void LeaseClock_WallClockSetBackWhileTheDaemonIsAway_CountsTheUptime()
    {
        var file = Path.GetTempFileName();
        var (time, uptime, _) = Acknowledged(file);
        uptime.Advance(TimeSpan.FromSeconds(6));
        time.SetWallClock(-TimeSpan.FromMinutes(10));

        new LeaseClock(time, file).SinceAcknowledged.ShouldBe(TimeSpan.FromSeconds(6));
        File.Delete(file);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(20, false)]
    public void LeaseClock_WallClockLeapsWhilePeersHold_EndsPodsWhoseTimeTheLeapMayHaveOutlasted(int leapSeconds, bool runsOn)
    {
        var (time, uptime, clock) = Acknowledged();
        uptime.Advance(TimeSpan.FromSeconds(6));
        for (var i = 0; i < 30; i++)
        {
            clock.Hold(clock.Now, TimeSpan.FromSeconds(5), "view");
            uptime.Advance(TimeSpan.FromSeconds(1));
        }

        time.SetWallClock(TimeSpan.FromSeconds(leapSeconds));
        clock.Hold(clock.Now, TimeSpan.FromSeconds(5), "view");

        (clock.Remaining(Limit) > TimeSpan.Zero).ShouldBe(runsOn);
        clock.Remaining(TimeSpan.FromHours(1)).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void UptimeClock_OfTheSystem_IsTheUptime()
    {
        var clock = UptimeClock.Of(TimeProvider.System);
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

        ((double)clock.GetTimestamp() / clock.TimestampFrequency).ShouldBe(uptime, 1);
        clock.GetUtcNow().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void FencingViews_NewerView_IsToldOnceTheGuardActsByIt()
    {
        var views = new FencingViews("a", null);
        views.Upsert(Node(View(1, "a")));
        views.IdToReport(_ => true).ShouldBe("view-1");
        views.DecidesAlone.ShouldBeTrue();

        views.Upsert(Node(View(1, "a"), View(2, "a", "b")));

        views.DecidesAlone.ShouldBeFalse("it acts by the newest");
        views.IdToReport(_ => false).ShouldBe("view-1", "the guard has deadlines of the older one");
        views.IdToReport(_ => true).ShouldBe("view-2");
    }

    [Fact]
    public void FencingViews_NewerViewWhilePeersOfTheFormerOneHold_IsToldOnceTheirTimeIsOver()
    {
        var file = Path.GetTempFileName();
        var time = new FakeTimeProvider();
        var clock = new LeaseClock(time, file);
        var views = new FencingViews("a", null);
        var former = View(1, "a", "b", "c");
        views.Upsert(Node(former));
        views.IdToReport(view => !clock.IsHeldByOther(view)).ShouldBe("view-1");
        views.TryActBy(former, () => clock.Hold(clock.Now, TimeSpan.FromSeconds(15), former.Id)).ShouldBeTrue();

        views.Upsert(Node(former, View(2, "a", "b")));

        views.IdToReport(view => !clock.IsHeldByOther(view)).ShouldBe("view-1");
        views.TryActBy(former, () => throw new InvalidOperationException("votes of the former view are worth nothing now")).ShouldBeFalse();
        clock.Acknowledge(clock.Now, Limit);
        time.Advance(TimeSpan.FromSeconds(14.9));
        clock.IsHeldByOther("view-2").ShouldBeTrue("an acknowledgement takes nothing back");
        new LeaseClock(time, file).IsHeldByOther("view-2").ShouldBeTrue("the next daemon keeps to it");
        time.Advance(TimeSpan.FromSeconds(0.1));
        views.IdToReport(view => !clock.IsHeldByOther(view)).ShouldBe("view-2");
        File.Delete(file);
    }

    private static (SteppedClock Time, FakeTimeProvider Uptime, LeaseClock Clock) Acknowledged(string? file = null)
    {
        var uptime = new FakeTimeProvider();
        var time = new SteppedClock(uptime);
        var clock = new LeaseClock(time, file);
        clock.Acknowledge(clock.Now, Limit);
        return (time, uptime, clock);
    }

    private static FencingView View(int number, params string[] members) =>
        new(number, $"view-{number}", [.. members.Select(name => new FencingMember(name, name, "127.0.0.1", 1))]);

    private static V1Node Node(params FencingView[] views) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = "a",
            Uid = "u",
            Annotations = new Dictionary<string, string> { [FencingView.Annotation] = FencingView.Format(views) },
        },
    };

    private static V1Toleration Toleration(long? seconds) =>
        new() { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", Effect = "NoExecute", TolerationSeconds = seconds };

    private static V1Pod Pod(params V1Toleration[] tolerations) => new() { Spec = new V1PodSpec { Tolerations = tolerations } };
}
