using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Failover;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>Neither a clock that steps nor a silo that hangs stops a pod or starts it twice, or loses a write that was acknowledged.</summary>
[Collection(typeof(WaitingCollection))]
public sealed class ControlPlaneFaultTests : ControlPlaneTest
{
    private static readonly TimeSpan StepGapMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TakeoverGapMax = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Pods_WhileTheDatabaseClockStepsOrASiloHangs_RunOnAndRunOnce()
    {
        Assert.SkipWhen(PostgreSqlServer.ClockMissing is not null, PostgreSqlServer.ClockMissing ?? "");
        await StartAsync(await PostgreSqlServer.StartWithClockAsync(Cancelled), "--log-level", "information");
        await WriteAsync("nothing", TakeoverGapMax, () => WatchAsync("nothing", TimeSpan.FromSeconds(3)));

        foreach (var (what, ahead) in new[] { ("back", TimeSpan.FromMinutes(-10)), ("forward", TimeSpan.Zero) })
        {
            await WriteAsync($"database clock stepped {what} 10 minutes", StepGapMax, async () =>
            {
                await Cluster.Server.SetClockAsync(ahead, Cancelled);
                await WatchAsync($"database clock stepped {what}", TimeSpan.FromSeconds(6));
            });
            var owner = Cluster.OwnerOf("configmaps");
            await WriteAsync($"the silo with the store killed after a step {what}", TakeoverGapMax, async () =>
            {
                await Cluster.Silos[owner].KillAsync();
                await WatchAsync("silo killed", Settled);
            });
            Cluster.OwnerOf("configmaps").ShouldNotBe(owner);
            await Cluster.StartSiloAsync(owner);
            await WaitUntilReadyAsync(owner);
        }

        // A node's kubeconfig names the silo too.
        var hung = Cluster.OwnerOf("configmaps");
        await WriteAsync("the silo with the store hung for 30 s", TakeoverGapMax, async () =>
        {
            await Cluster.Silos[hung].SignalAsync("STOP");
            await WatchAsync("silo hung for 30 s", TimeSpan.FromSeconds(30));
            await Cluster.Silos[hung].SignalAsync("CONT");
            await WatchAsync("silo back", TimeSpan.FromSeconds(8));
        });
        Cluster.OwnerOf("configmaps").ShouldNotBe(hung);

        var leaver = Enumerable.Range(0, 3).First(i => i != hung && !Cluster.Silos[i].HasEnded);
        var stayer = Enumerable.Range(0, 3).First(i => i != hung && i != leaver);
        await Eventually.PassesAsync(async () => (await ServersAsync(stayer)).ShouldContain(Cluster.PortOf(leaver)));
        await Cluster.Silos[leaver].StopAsync();
        (await ServersAsync(stayer)).ShouldNotContain(Cluster.PortOf(leaver), "a silo that is stopped withdraws its address");
        await WatchAsync("silo stopped", TimeSpan.FromSeconds(3));
        await WaitUntilReadyAsync(stayer);
        Cluster.Nodes.ShouldAllBe(node => !node.Describe().Contains("are stopped", StringComparison.Ordinal));
    }

    /// <summary>Writes through all silos while something happens, and looks for every write that was acknowledged.</summary>
    /// <param name="what">What happens, for messages.</param>
    /// <param name="gapMax">How long it may take, on a machine that is busy with the test, until one of the other silos takes writes again.</param>
    /// <param name="happening">Makes it happen, and waits for its end.</param>
    private async Task WriteAsync(string what, TimeSpan gapMax, Func<Task> happening)
    {
        var began = Stopwatch.GetTimestamp();
        var name = $"w{began}";
        var apis = Cluster.Silos.Select(silo => new ApiConnection(silo.KubeConfig, Cancelled)).ToList();
        ConfigMapWriter[] writers = [.. apis.Select((api, i) => new ConfigMapWriter(api, UniqueName, $"{name}-{i}", TimeSpan.FromMilliseconds(50)))];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var writing = writers.Select(writer => writer.RunAsync(stop.Token)).ToList();
        await happening();
        var gaps = writers.Select(writer => writer.LongestGap(began)).Order().ToList();
        await stop.CancelAsync();
        await Task.WhenAll(writing);

        var acknowledged = writers.SelectMany(writer => writer.Acknowledged).ToList();
        Report(string.Create(CultureInfo.InvariantCulture, $"{what}: {acknowledged.Count} writes; longest gaps {string.Join(", ", gaps.Select(gap => $"{gap.TotalSeconds:0.0} s"))}"));
        gaps[1].ShouldBeLessThan(gapMax, what);
        var alive = Enumerable.Range(0, 3).First(i => !Cluster.Silos[i].HasEnded);
        var held = (await apis[alive].ListAsync($"/api/v1/namespaces/{UniqueName}/configmaps")).ToDictionary(
            item => (string)item["metadata"]!["name"]!, item => (string)item["metadata"]!["resourceVersion"]!);
        foreach (var write in acknowledged)
            held.GetValueOrDefault(write.Name).ShouldBe(write.Revision.ToString(CultureInfo.InvariantCulture), $"{write.Name} was acknowledged");
        apis.ForEach(api => api.Dispose());
    }

    /// <summary>The ports at which silos serve the API, as daemons learn them.</summary>
    private async Task<IReadOnlyList<int>> ServersAsync(int silo)
    {
        var endpoints = JsonNode.Parse((await Cluster.KubectlOf(silo).RunAsync("get", "endpoints", "kubernetes", "-o", "json")).Output)!;
        return [.. endpoints["subsets"]!.AsArray().Select(subset => (int)subset!["ports"]![0]!["port"]!)];
    }
}
