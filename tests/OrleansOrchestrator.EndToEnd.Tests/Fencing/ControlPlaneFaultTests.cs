using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Failover;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// No outage of the control plane, whole or in part, no clock that steps and no silo that hangs stops a pod or starts it twice, or loses
/// a write that was acknowledged. One cluster goes through all of it.
/// </summary>
public sealed class ControlPlaneFaultTests : ControlPlaneTest
{
    private static readonly TimeSpan StepGapMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TakeoverGapMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(6);

    // Longer than a pod runs whose node hears nothing, and than a lease and a toleration.
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(30);

    private int _alive;

    [Fact]
    public async Task Pods_WhateverBecomesOfTheControlPlane_RunOnAndRunOnce()
    {
        var clockMissing = PostgreSqlServer.ClockMissing;
        await StartAsync(
            await (clockMissing is null ? PostgreSqlServer.StartWithClockAsync(Cancelled) : PostgreSqlServer.StartAsync(Cancelled)), "--log-level", "information");
        if (clockMissing is null)
            await StepClockAsync();
        else
            Report($"no clock was stepped: {clockMissing}");
        await HangAndStopSilosAsync();
        await LoseDatabaseAsync();
        await LoseAllSilosAsync();
        Cluster.Nodes.ShouldAllBe(node => !node.Describe().Contains("are stopped", StringComparison.Ordinal));
    }

    private async Task StepClockAsync()
    {
        foreach (var (what, ahead, watched) in new[] { ("back", TimeSpan.FromMinutes(-10), Settled), ("forward", TimeSpan.Zero, Moment) })
        {
            await WriteAsync($"database clock stepped {what} 10 minutes", StepGapMax, async () =>
            {
                await Cluster.Server.SetClockAsync(ahead, Cancelled);
                await WatchAsync($"database clock stepped {what}", Moment);
            });

            // The kubeconfig of one node names the silo.
            var owner = Cluster.OwnerOf("configmaps");
            await WriteAsync($"the silo with the store killed after a step {what}", TakeoverGapMax, async () =>
            {
                await Cluster.Silos[owner].KillAsync();
                await WatchAsync("silo killed", watched);
                await Eventually.PassesAsync(() => Cluster.OwnerOf("configmaps").ShouldNotBe(owner));
            });
            await WaitUntilReadyAsync((owner + 1) % 3);
            await Cluster.StartSiloAsync(owner);
            await WaitUntilReadyAsync(owner);
        }
    }

    private async Task HangAndStopSilosAsync()
    {
        var hung = Cluster.OwnerOf("configmaps");
        await WriteAsync("the silo with the store hung", TakeoverGapMax, async () =>
        {
            await Cluster.Silos[hung].SignalAsync("STOP");
            await WatchAsync("silo hung", Away);
            await Cluster.Silos[hung].SignalAsync("CONT");
            await WatchAsync("silo back", Moment);
        });
        Cluster.OwnerOf("configmaps").ShouldNotBe(hung);

        var leaver = Enumerable.Range(0, 3).First(i => i != hung && !Cluster.Silos[i].HasEnded);
        var stayer = Enumerable.Range(0, 3).First(i => i != hung && i != leaver);
        await Eventually.PassesAsync(async () => (await ServersAsync(stayer)).ShouldContain(Cluster.PortOf(leaver)));
        await Cluster.Silos[leaver].StopAsync();
        (await ServersAsync(stayer)).ShouldNotContain(Cluster.PortOf(leaver), "a silo that is stopped withdraws its address");
        await WatchAsync("silo stopped", Moment);
        await WaitUntilReadyAsync(stayer);
        _alive = stayer;
    }

    private async Task LoseDatabaseAsync()
    {
        await Cluster.Server.StopAsync();
        await WatchAsync("database away", Away);
        await Cluster.Server.RestartAsync(Cancelled);
        await WatchAsync("database back", Settled);
        await WaitUntilReadyAsync(_alive);
    }

    private async Task LoseAllSilosAsync()
    {
        await Task.WhenAll(Cluster.Silos.Select(silo => silo.KillAsync()));
        await WatchAsync("all silos away", Settled);
        Cluster.Nodes.ShouldAllBe(node => node.Describe().Contains("its pods run on", StringComparison.Ordinal), "a daemon says so at the default level");
        await Cluster.StartSiloAsync(_alive);
        await WatchAsync("a silo back", Settled);
        await WaitUntilReadyAsync(_alive);
        Cluster.Nodes.ShouldAllBe(node => node.Describe().Contains("is renewed again", StringComparison.Ordinal));
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
