using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Somebody sets the machine's wall clock, by an hour and more: no wait becomes longer or shorter by that.</summary>
public sealed class ClockStepTests
{
    private const string Ends = "exit 3";
    private const string HeedsNothing = "trap '' TERM; echo set; while :; do sleep 0.1; done";

    public static TheoryData<int> Hours => [-24, -1, 1];

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task Container_WhoseBackOffRuns_IsRestartedInItsTime(int hours)
    {
        var clock = new SteppedClock(TimeProvider.System);
        await using var node = await TestNode.StartAsync(FakeEngine.Start(), options => options with { RestartDelay = TimeSpan.FromSeconds(2) }, clock);
        node.Put(TestPods.Shell("a", Ends, image: DockerMachine.Image));
        await node.PodAsync("a", pod => TestPods.Status(pod)?.State?.Waiting?.Reason == "CrashLoopBackOff", "it waits");

        clock.SetWallClock(TimeSpan.FromHours(hours));
        var before = TestPods.Status(node.Pod("a")!)!.RestartCount;

        await node.PodAsync("a", pod => TestPods.Status(pod)!.RestartCount > before + 1, "it has been restarted twice since");
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task Container_ThatHeedsNoSignal_IsKilledAfterItsGracePeriod(int hours)
    {
        var clock = new SteppedClock(TimeProvider.System);
        await using var node = await TestNode.StartAsync(FakeEngine.Start(), clock: clock);
        node.Put(TestPods.Shell("a", HeedsNothing, image: DockerMachine.Image));
        var running = await node.PodAsync("a", TestPods.IsReady, "it runs");
        await Eventually.HoldsAsync(async () => (await node.LogAsync(running)).Contains("set", StringComparison.Ordinal), "its trap is set");

        var start = TimeProvider.System.GetTimestamp();
        node.Delete("a", 3);
        await Eventually.HoldsAsync(() => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(e => e.Reason == "Killing"), "it is asked to end");
        clock.SetWallClock(TimeSpan.FromHours(hours));

        await Eventually.HoldsAsync(() => node.Pod("a") is null, "it is gone");
        TimeProvider.System.GetElapsedTime(start).ShouldBeInRange(TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Pod_WhoseSandboxFailed_IsTriedAgainInItsTime()
    {
        var clock = new SteppedClock(TimeProvider.System);
        var engine = FakeEngine.Start();
        await using var node = await TestNode.StartAsync(engine, clock: clock);
        engine.Fault = call => call == "POST /containers/create" ? EngineFault.FailsWithHtml : null;
        node.Put(TestPods.Shell("a", HeedsNothing, image: DockerMachine.Image));
        await Eventually.HoldsAsync(() => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(e => e.Reason == "FailedCreatePodSandBox"), "it has failed");

        clock.SetWallClock(TimeSpan.FromHours(-1));
        engine.Fault = _ => null;

        await node.PodAsync("a", TestPods.IsReady, "it runs");
    }

    [Fact]
    public async Task Pod_WithADeadline_FailsAtThatTimeOfItsLife()
    {
        var clock = new SteppedClock(TimeProvider.System);
        await using var node = await TestNode.StartAsync(FakeEngine.Start(), clock: clock);
        var pod = TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image);
        pod.Spec.ActiveDeadlineSeconds = 6;
        node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, "it runs");

        clock.SetWallClock(TimeSpan.FromHours(-1));

        (await node.PodAsync("a", p => p.Status.Phase == "Failed", "its time is over")).Status.Reason.ShouldBe("DeadlineExceeded");
    }

    [Fact]
    public void SteadyClock_WhateverTheWallClockIsSetTo_GoesOnAsTheUptimeDoes()
    {
        var uptime = new FakeTimeProvider();
        var clock = new SteppedClock(uptime);
        var steady = new SteadyClock(clock);
        var before = steady.GetUtcNow();

        clock.SetWallClock(TimeSpan.FromHours(-1));
        uptime.Advance(TimeSpan.FromSeconds(5));

        (steady.GetUtcNow() - before).ShouldBe(TimeSpan.FromSeconds(5));
    }
}
