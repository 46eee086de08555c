using System.Diagnostics;
using OrleansOrchestrator.LoadTests.Hollow;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Lets hollow nodes die and waits until as many pods run elsewhere: one node, a tenth of all, and three tenths.</summary>
internal sealed class RescheduleScenario : IScenario
{
    private const int NodesByItself = 500;
    private const int PodsByItself = 2500;
    private const int Controllers = 10;
    private const int Tenth = 10;

    public string Name => "reschedule";

    public string Summary => "of 500 hollow nodes with 2,500 pods one falls silent, then a tenth of all, then three tenths: how long until as many pods run elsewhere";

    public bool IsByNameOnly => true;

    public async Task RunAsync(LoadContext context)
    {
        var (nodes, pods) = (context.Nodes ?? NodesByItself, context.Pods ?? PodsByItself);
        await using var hollow = await HollowNodes.StartAsync(context, nodes, runsPods: true);
        var name = await context.CreateNamespaceAsync();
        await using var progress = await PodProgress.StartAsync(context.Watches, name);
        var create = context.Pump.Client.Request(
            "POST", $"/api/v1/namespaces/{name}/replicationcontrollers", Manifests.ScheduledController("moved", pods / Controllers));
        await context.Pump.RunAsync("", create, 0, Controllers, Controllers);
        if (!await progress.WaitAsync(seen => seen.Running >= pods, context.StepMax))
            throw new IOException($"only {progress.Running} of {pods} pods run");

        context.Report.Add(await SilenceAsync(context, hollow, progress, pods, first: 0, count: 1));
        context.Report.Add(await SilenceAsync(context, hollow, progress, pods, first: 1, count: Math.Max(1, nodes / Tenth)));
        context.Report.Add(await SilenceAsync(context, hollow, progress, pods, first: 1 + Math.Max(1, nodes / Tenth), count: Math.Max(1, 3 * nodes / Tenth)));
        await context.DeleteNamespaceAsync(name);
    }

    private static async Task<Measurement> SilenceAsync(LoadContext context, HollowNodes hollow, PodProgress progress, int pods, int first, int count)
    {
        var dead = hollow.Nodes.OrderBy(node => node.Name, StringComparer.Ordinal).Skip(first).Take(count).ToList();
        var names = dead.Select(node => node.Name).ToHashSet();
        var lost = progress.Pods.Count(pod => pod.IsRunning && names.Contains(pod.Node));
        var meter = new CpuMeter(context.Pump.Processes);
        var started = Stopwatch.GetTimestamp();
        foreach (var node in dead)
            await node.DieAsync();
        var isDone = await progress.WaitAsync(
            seen => seen.Running >= pods && !seen.Pods.Any(pod => pod.IsRunning && names.Contains(pod.Node)), context.StepMax);
        var elapsed = Stopwatch.GetElapsedTime(started);
        return meter.Stop(new Measurement($"pods of {count:N0} silent nodes until they run elsewhere", lost, isDone ? 0 : 1, elapsed.TotalSeconds)
        {
            Note = $"{elapsed.TotalSeconds:F1} s",
        });
    }
}
