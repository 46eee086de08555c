using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

public sealed class NodeSightingsTests
{
    private static readonly DateTimeOffset Start = ClusterModel.Start;

    /// <summary>The only other node renews its lease so slowly that nothing is heard of any node in between.</summary>
    [Fact]
    public void LastHeartbeat_DeadNodeBesideASlowOne_GrowsOldAllTheSame()
    {
        var sightings = new NodeSightings(new NodeLifecycleOptions());
        for (var seconds = 0; seconds <= 30; seconds++)
        {
            var now = Start.AddSeconds(seconds);
            sightings.Begin(now, now, TimeSpan.Zero).ShouldBeFalse();
            sightings.ObserveLease("dead", "1", () => null, now);
            sightings.ObserveLease("slow", $"{seconds / 5}", () => null, now);
            sightings.UnseenSince.ShouldBe(seconds > 0 && seconds % 5 == 0 ? now.AddSeconds(-1) : null);
        }

        sightings.LastHeartbeat("dead", Start.AddSeconds(30)).ShouldBe(Start.AddSeconds(10), "at 5 s it got its full time, and then a second of each five");
    }

    [Fact]
    public void Begin_AfterATimeInWhichNothingWasSeen_GivesNodesTheirTimeAndSaysSinceWhen()
    {
        var sightings = new NodeSightings(new NodeLifecycleOptions());
        sightings.Begin(Start, Start, TimeSpan.Zero);
        sightings.ObserveLease("a", "1", () => null, Start);
        var now = Start.AddSeconds(20);

        sightings.Begin(now, now, TimeSpan.Zero).ShouldBeTrue();

        sightings.UnseenSince.ShouldBe(Start.AddSeconds(4));
        sightings.LastHeartbeat("a", now).ShouldBe(now);
        sightings.Begin(now.AddSeconds(1), now.AddSeconds(1), TimeSpan.Zero).ShouldBeFalse();
        sightings.UnseenSince.ShouldBeNull();
    }

    [Fact]
    public void Retain_NamesThatAreGone_ForgetsThem()
    {
        var sightings = new NodeSightings(new NodeLifecycleOptions());
        sightings.ObserveLease("gone", "1", () => "v w -", Start);
        sightings.Retain(new HashSet<string>());

        sightings.ConfirmedView("gone").ShouldBeNull();
        sightings.LastHeartbeat("gone", Start.AddSeconds(9)).ShouldBe(Start.AddSeconds(9));
    }
}
