using System.Diagnostics;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Delivers events to many watchers, and opens many watches.</summary>
internal sealed class WatchScenario : IScenario
{
    private const int FanOutWatchers = 200;
    private const int CreatesInFlight = 64;
    private const int NodeWatches = 1000;
    private const int WarmUpRounds = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public string Name => "watch";

    public string Summary => "fan-out of 200 events to 200 watchers, opening of 1,000 per-node watches, growth to 10,000 watchers";

    public async Task RunAsync(LoadContext context)
    {
        var name = await context.CreateNamespaceAsync();
        var maps = $"/api/v1/namespaces/{name}/configmaps";
        for (var round = 0; round < WarmUpRounds; round++)
            await FanOutAsync(context, maps, $"warm{round}", 2000);
        foreach (var events in new[] { 200, 2000 })
            context.Report.Add(await FanOutAsync(context, maps, $"run{events}", events));

        await OpenAsync(context, NodeWatches, "");
        context.Report.Add(await OpenAsync(context, NodeWatches, $"open {NodeWatches:N0} per-node pod watches"));
        var pods = $"/api/v1/namespaces/{name}/pods";
        foreach (var watchers in new[] { 10, 1000, 10_000 })
            context.Report.Add(await GrowAsync(context, pods, watchers));
        await context.DeleteNamespaceAsync(name);
    }

    /// <summary>From the first write until the last watcher has the last event.</summary>
    private static async Task<Measurement> FanOutAsync(LoadContext context, string path, string prefix, int events)
    {
        var revision = await context.Watches.ReadRevisionAsync(path);
        var watch = context.Watches.Request("GET", $"{path}?watch=true&resourceVersion={revision}");
        await using var watchers = new WatcherGroup(context.Watches, watch, FanOutWatchers);
        await watchers.WaitUntilOpenAsync(Patience);

        var meter = new CpuMeter(context.Pump.Processes);
        var started = Stopwatch.GetTimestamp();
        var create = context.Pump.Client.Request("POST", path, Manifests.ConfigMap(prefix));
        var written = await context.Pump.RunAsync("", create, 0, events, CreatesInFlight);
        var expected = (long)FanOutWatchers * written.Count;
        await watchers.WaitForEventsAsync(expected, Patience);
        return meter.Stop(new Measurement(
            $"watch fan-out: {FanOutWatchers} watchers × {events:N0} events",
            watchers.Events, expected - watchers.Events + written.Errors, Stopwatch.GetElapsedTime(started).TotalSeconds));
    }

    private static async Task<Measurement> OpenAsync(LoadContext context, int count, string work)
    {
        var meter = new CpuMeter(context.Pump.Processes);
        var started = Stopwatch.GetTimestamp();
        await using var watchers = await OpenNodeWatchesAsync(context, count);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return meter.Stop(new Measurement(work, count, 0, seconds) { Note = $"{seconds:F2} s" });
    }

    /// <summary>Writes pods of which each concerns at most one of many watchers: the number of the others must not matter.</summary>
    private static async Task<Measurement> GrowAsync(LoadContext context, string path, int count)
    {
        await using var watchers = await OpenNodeWatchesAsync(context, count);
        var before = watchers.Events;
        var create = context.Pump.Client.Request(
            "POST", path, Manifests.Pod($"grow{count}", "all", node: $"load-{RequestTemplate.Placeholder}"));
        var pods = context.Count / 4;
        var written = await context.Pump.RunAsync($"create Pod, {count:N0} per-node watches open", create, 0, pods, CreatesInFlight);
        var expected = before + Math.Min(pods, count);
        await watchers.WaitForEventsAsync(expected, Patience);
        return written with { Errors = written.Errors + expected - watchers.Events, Note = context.DescribeMemory() };
    }

    private static async Task<WatcherGroup> OpenNodeWatchesAsync(LoadContext context, int count)
    {
        var revision = await context.Watches.ReadRevisionAsync("/api/v1/pods");
        var watch = context.Watches.Request(
            "GET", $"/api/v1/pods?watch=true&resourceVersion={revision}&fieldSelector=spec.nodeName%3Dload-{RequestTemplate.Placeholder}");
        var watchers = new WatcherGroup(context.Watches, watch, count);
        await watchers.WaitUntilOpenAsync(Patience);
        return watchers;
    }
}
