using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>No outage of the control plane, whole or in part, stops a pod or starts it twice.</summary>
[Collection(typeof(WaitingCollection))]
public sealed class ControlPlaneOutageTests : ControlPlaneTest
{
    [Fact]
    public async Task Pods_WhileSilosOrTheDatabaseAreAway_RunOnAndRunOnce()
    {
        await StartAsync(await PostgreSqlServer.StartAsync(Cancelled));

        // The silo that one node's kubeconfig names dies.
        await Cluster.Silos[0].KillAsync();
        await WatchAsync("silo killed", Settled);
        await WaitUntilReadyAsync(1);

        await Cluster.Server.StopAsync();
        await WatchAsync("database away for 60 s", TimeSpan.FromSeconds(60));
        await Cluster.Server.RestartAsync(Cancelled);
        await WatchAsync("database back", Settled);
        await WaitUntilReadyAsync(1);

        await Cluster.Silos[1].KillAsync();
        await Cluster.Silos[2].KillAsync();
        await WatchAsync("all silos away", Settled);
        Cluster.Nodes.ShouldAllBe(node => node.Describe().Contains("its pods run on", StringComparison.Ordinal), "a daemon says so at the default level");
        await Cluster.StartSiloAsync(1);
        await WatchAsync("a silo back", Settled);
        await WaitUntilReadyAsync(1);
        Cluster.Nodes.ShouldAllBe(node => node.Describe().Contains("is renewed again", StringComparison.Ordinal));
        Cluster.Nodes.ShouldAllBe(node => !node.Describe().Contains("are stopped", StringComparison.Ordinal));
    }
}
