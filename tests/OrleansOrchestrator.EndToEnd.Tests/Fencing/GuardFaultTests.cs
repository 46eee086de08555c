using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>What happens to the pods of a node that loses guards, with and without its daemon, all at once.</summary>
public sealed class GuardFaultTests : NodeFaultTest
{
    private static readonly TimeSpan EndedFor = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Pods_OfNodesThatLoseGuards_RunOnceWhileAnybodyIsLeft()
    {
        await StartAsync("guard", "both", "together", "late");
        foreach (var victim in Victims.Values)
            await Eventually.PassesAsync(() => HasGuardsAsync(victim));

        await HostProcesses.SignalAsync("KILL", [.. Victims["guard"].Guards.Take(1)]);
        await HostProcesses.SignalAsync("KILL", [Victims["both"].Guards[0], Victims["both"].Daemon.Id]);
        await Victims["together"].KillWithGuardsAsync();
        await Victims["late"].KillWithGuardsAsync();

        // A supervisor starts this daemon again at once, and the other one much too late.
        Victims["together"].Launch();
        await Eventually.PassesAsync(() => HasRunsAsync("both", 2), within: ReplacedWithin);
        await Eventually.PassesAsync(() => HasRunsAsync("late", 2), within: ReplacedWithin);
        Victims["both"].Launch();
        Victims["late"].Launch();
        foreach (var victim in Victims.Values)
        {
            await WaitUntilReadyAsync(victim.Name);
            if (victim == Victims["guard"] || victim == Victims["together"])
                await Eventually.PassesAsync(() => HasGuardsAsync(victim));
        }

        await Eventually.PassesAsync(() =>
        {
            var runs = Witness.RunsOf("late");
            (runs[1].Last - runs[0].Last).ShouldBeGreaterThan(EndedFor, "the daemon that comes back ends the old copy");
            return Task.CompletedTask;
        });
        Verify("guard", runs: 1);
        Verify("both", runs: 2);
        Verify("together", runs: 1);
        Report($"late: {Summary("late")}");
        Witness.RunsOf("late").Count.ShouldBe(2);
    }

    private static Task HasGuardsAsync(VictimNode victim)
    {
        victim.Guards.Count.ShouldBe(2);
        return Task.CompletedTask;
    }
}
