using System.Globalization;
using OrleansOrchestrator.LoadTests.Cluster;
using OrleansOrchestrator.LoadTests.Hollow;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios.Node;

/// <summary>One daemon on the machine's Docker engine: how soon pods run, what they cost at rest, and what is left of many.</summary>
internal sealed class NodeScenario : IScenario
{
    private const int PodsByItself = 100;
    private const int PodsAtRest = 30;
    private const int ChurnRounds = 10;
    private const int InFlight = 16;
    private static readonly TimeSpan RestTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReleaseTime = TimeSpan.FromSeconds(30);

    public string Name => "node";

    public string Summary => "one node on Docker: 100 pods from binding to Running, with and without a token; 30 pods at rest for a minute; 500 pods in ten rounds, and what is left of them";

    public bool IsByNameOnly => true;

    public async Task RunAsync(LoadContext context)
    {
        var cluster = context.RequireLocal(Name);
        var pods = context.Pods ?? PodsByItself;
        await using var node = await NodeUnderLoad.StartAsync(cluster.Silos[0].KubeConfig, CancellationToken.None);
        var name = await context.CreateNamespaceAsync();
        await using var progress = await PodProgress.StartAsync(context.Watches, name);
        var run = new NodeRun(context, node, name, progress);
        await run.StartAsync("warm", Math.Min(pods, PodsAtRest), withToken: true, null);
        await run.EndAsync();

        await run.StartAsync("bare", pods, withToken: false, $"{pods} pods on one node, from binding to Running");
        await run.EndAsync();
        await run.StartAsync("token", pods, withToken: true, $"{pods} pods with a token each, from binding to Running");
        await run.EndAsync();

        await run.StartAsync("rest", Math.Min(pods, PodsAtRest), withToken: false, null);
        await Task.Delay(SettleTime, TimeProvider.System);
        context.Report.Add(await RestAsync(node, Math.Min(pods, PodsAtRest), context.WarmUpPercent < 100 ? RestTime / 6 : RestTime));
        await run.EndAsync();
        await ChurnAsync(context, run, node, name, progress, pods / 2);
    }

    /// <summary>What a daemon costs whose pods do nothing.</summary>
    private static async Task<Measurement> RestAsync(NodeUnderLoad node, int pods, TimeSpan time)
    {
        var daemon = new ProcessGroup("daemon", node.Id);
        var guards = node.Guards().Select(id => new ProcessGroup("guard", id)).ToList();
        var (before, guardsBefore) = (daemon.CpuSeconds(), guards.Sum(guard => guard.CpuSeconds()));
        await Task.Delay(time, TimeProvider.System);
        var (used, guarded) = (daemon.CpuSeconds() - before, guards.Sum(guard => guard.CpuSeconds()) - guardsBefore);
        var memory = ResidentMemory.Of(node.Id);
        return new Measurement($"{pods} pods at rest, seconds", (long)time.TotalSeconds, 0, time.TotalSeconds)
        {
            Load = Machine.Load(),
            Cpu = [("daemon", used * 1e6 / time.TotalSeconds), ("guard", guarded * 1e6 / time.TotalSeconds)],
            Note = string.Create(
                CultureInfo.InvariantCulture,
                $"daemon {used * 100 / time.TotalSeconds:F2} % of a core; {memory}; guards {guarded * 100 / time.TotalSeconds:F2} %, {guards.Sum(guard => guard.MemoryBytes()) / 1e6:F1} MB"),
        };
    }

    /// <summary>Starts and ends pods again and again; nothing of them may be left.</summary>
    private static async Task ChurnAsync(LoadContext context, NodeRun run, NodeUnderLoad node, string ns, PodProgress progress, int each)
    {
        var before = await NodeHoldings.MeasureAsync(node, ns, progress.Uids);
        var meter = new CpuMeter([new ProcessGroup("daemon", node.Id)]);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var round = 0; round < ChurnRounds; round++)
        {
            await run.StartAsync($"churn{round}", each, withToken: round % 2 == 0, null);
            await run.EndAsync();
        }

        var seconds = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        // Pools let go after a while of what they do not use.
        var after = await NodeHoldings.MeasureAsync(node, ns, progress.Uids);
        var patience = System.Diagnostics.Stopwatch.GetTimestamp();
        while (after.LeftSince(before).Count > 0 && System.Diagnostics.Stopwatch.GetElapsedTime(patience) < ReleaseTime)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            after = await NodeHoldings.MeasureAsync(node, ns, progress.Uids);
        }

        var left = after.LeftSince(before);
        context.Report.Add(meter.Stop(new Measurement($"{each * ChurnRounds} pods started and ended, {each} at a time", each * ChurnRounds, left.Count, seconds.TotalSeconds)
        {
            Note = $"{(left.Count == 0 ? "nothing is left" : $"LEFT: {string.Join(", ", left)}")} (before: {before}; after: {after}); {ResidentMemory.Of(node.Id)}",
        }));
    }

    /// <summary>Starts and ends pods of one node.</summary>
    private sealed class NodeRun(LoadContext context, NodeUnderLoad node, string ns, PodProgress progress)
    {
        public async Task StartAsync(string prefix, int pods, bool withToken, string? work)
        {
            var path = $"/api/v1/namespaces/{ns}/pods";
            var before = await RuntimeTimes.ReadAsync(context.Pump.Client.Target, node.Name);
            var durations = progress.Durations(pod => pod.RunningAt).Length;
            var meter = new CpuMeter([.. context.Pump.Processes, new ProcessGroup("daemon", node.Id)]);
            var since = System.Diagnostics.Stopwatch.GetTimestamp();
            var running = progress.Running;
            await context.Pump.RunAsync("", context.Pump.Client.Request("POST", path, Manifests.RestingPod(prefix, node.Name, withToken)), 0, pods, InFlight);
            var all = await progress.WaitAsync(seen => seen.Running >= running + pods, context.StepMax);
            if (!all)
                throw new IOException($"of {pods} pods only {progress.Running - running} run after {context.StepMax.TotalSeconds} s");
            if (work is null)
                return;
            var row = PodRow.Of(work, meter, progress, pods, pod => pod.Seen >= since ? pod.RunningAt : 0);
            var after = await RuntimeTimes.ReadAsync(context.Pump.Client.Target, node.Name);
            context.Report.Add(row with { Note = $"{after.Describe(before, pods)}; {ResidentMemory.Of(node.Id)}" });
        }

        public async Task EndAsync()
        {
            await context.Pump.Client.RequireAsync(context.Pump.Client.Request("DELETE", $"/api/v1/namespaces/{ns}/pods"), 0, 200);
            if (!await progress.WaitAsync(seen => seen.Present == 0, context.StepMax))
                throw new IOException($"{progress.Present} pods are still there after {context.StepMax.TotalSeconds} s");
        }
    }
}
