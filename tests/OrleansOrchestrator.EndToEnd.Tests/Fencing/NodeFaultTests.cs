using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// What happens to the pods of a node whose daemon is lost in one way or another, with real processes and the times of the
/// product, all at once: they run elsewhere, and never twice.
/// </summary>
public sealed class NodeFaultTests : NodeFaultTest
{
    [Fact]
    public async Task Pods_OfLostNodes_RunElsewhereAndNeverTwice()
    {
        await StartAsync("killed", "stopped", "cutoff");

        await Victims["killed"].Daemon.KillAsync();
        await Victims["stopped"].Daemon.SignalAsync("STOP");
        await Victims["cutoff"].Daemon.KillAsync();
        await Victims["cutoff"].LaunchCutOffAsync();
        foreach (var role in Victims.Keys)
            await Eventually.PassesAsync(() => HasRunsAsync(role, 2), within: ReplacedWithin);

        // What was lost comes back, and finds its pods elsewhere.
        Victims["killed"].Launch();
        await Victims["stopped"].Daemon.SignalAsync("CONT");
        await Victims["cutoff"].Daemon.KillAsync();
        Victims["cutoff"].Launch();
        foreach (var victim in Victims.Values)
            await WaitUntilReadyAsync(victim.Name);

        foreach (var role in Victims.Keys)
            Verify(role, runs: 2);
        await Cluster.Kubectl.RunAsync("delete", "namespace", UniqueName, "--timeout=60s");
    }
}
