using System.Diagnostics;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>What happens to the pods of a node that loses guards, with and without its daemon, all at once.</summary>
public sealed class GuardFaultTests : NodeFaultTest
{
    private static readonly TimeSpan EndedFor = TimeSpan.FromSeconds(3);

    // The product's fencing time, less the age that the last renewal may have had when its daemon was killed. A daemon takes two seconds
    // to start; where the machine is too busy for that, its pod may run elsewhere, and still not twice.
    private static readonly TimeSpan RunsWithoutRenewal = TimeSpan.FromSeconds(9.5 - 2);

    [Fact]
    public async Task Pods_OfNodesThatLoseGuards_RunOnceWhileAnybodyIsLeft()
    {
        await StartAsync("guard", "both", "together", "late");
        foreach (var victim in Victims.Values)
            await Eventually.PassesAsync(() => HasGuardsAsync(victim));

        await HostProcesses.SignalAsync("KILL", [.. Victims["guard"].Guards.Take(1)]);
        await HostProcesses.SignalAsync("KILL", [Victims["both"].Guards[0], Victims["both"].Daemon.Id]);
        var gone = Stopwatch.StartNew();
        await Victims["together"].KillWithGuardsAsync();
        var renewals = await RenewalsOfAsync("together");
        await Victims["late"].KillWithGuardsAsync();

        // A supervisor starts this daemon again at once, and the other one much too late.
        Victims["together"].Launch();
        await Eventually.PassesAsync(async () => (await RenewalsOfAsync("together")).ShouldNotBe(renewals), within: ReplacedWithin);
        var isBackInTime = gone.Elapsed < RunsWithoutRenewal;
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
        if (isBackInTime)
            Verify("together", runs: 1);
        else
            VerifyNeverTwice("together");
        Report($"late: {Summary("late")}");
        Witness.RunsOf("late").Count.ShouldBe(2);
    }

    /// <summary>What the API knows of a node's renewals of its lease.</summary>
    private async Task<string> RenewalsOfAsync(string role) =>
        (string)(await Cluster.Api.GetAsync($"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{Victims[role].Name}"))["spec"]!["renewTime"]!;

    private static Task HasGuardsAsync(VictimNode victim)
    {
        victim.Guards.Count.ShouldBe(2);
        return Task.CompletedTask;
    }
}
