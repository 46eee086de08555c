using OrleansOrchestrator.LoadTests.Hollow;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Fills a cluster of hollow nodes: from ReplicationControllers to pods that run.</summary>
internal sealed class DensityScenario : IScenario
{
    private const int NodesByItself = 1000;
    private const int PodsByItself = 5000;
    private const int Controllers = 10;
    private const int WarmUpPods = 3000;

    public string Name => "density";

    public string Summary => "1,000 hollow nodes, each with a watch and a lease of its own; 10 replication controllers of 5,000 pods, until all run";

    public bool IsByNameOnly => true;

    public async Task RunAsync(LoadContext context)
    {
        var (nodes, pods) = (context.Nodes ?? NodesByItself, context.Pods ?? PodsByItself);
        await using var hollow = await HollowNodes.StartAsync(context, nodes, runsPods: true);
        context.Report.Add(await RestAsync(context, nodes));
        await FillAsync(context, context.WarmUp(WarmUpPods));
        context.Report.Add(await FillAsync(context, pods) with
        {
            Work = $"density: {pods:N0} pods on {nodes:N0} nodes, until they run",
            Note = $"{hollow.FailedReports} reports refused; {context.DescribeMemory()}",
        });
    }

    /// <summary>Fills the nodes, and empties them again.</summary>
    private static async Task<Measurement> FillAsync(LoadContext context, int pods)
    {
        var name = await context.CreateNamespaceAsync();
        await using var progress = await PodProgress.StartAsync(context.Watches, name);
        var wanted = pods / Controllers * Controllers;
        var meter = new CpuMeter(context.Pump.Processes);
        var create = context.Pump.Client.Request(
            "POST", $"/api/v1/namespaces/{name}/replicationcontrollers", Manifests.ScheduledController("density", pods / Controllers));
        await context.Pump.RunAsync("", create, 0, Controllers, Controllers);
        await progress.WaitAsync(seen => seen.Running >= wanted, context.StepMax);

        var filled = PodRow.Of("", meter, progress, wanted, pod => pod.RunningAt);
        await context.Pump.Client.RequireAsync(context.Pump.Client.Request("DELETE", $"/api/v1/namespaces/{name}"), 0, 200, 202);
        await progress.WaitAsync(seen => seen.Alive == 0, context.StepMax);
        return filled;
    }

    /// <summary>What nodes cost that have nothing to do, for a second of each.</summary>
    private static async Task<Measurement> RestAsync(LoadContext context, int nodes)
    {
        var seconds = (int)Math.Max(4, 2 * context.RenewInterval.TotalSeconds);
        var meter = new CpuMeter(context.Pump.Processes);
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        return meter.Stop(new Measurement($"{nodes:N0} hollow nodes at rest, node-seconds", (long)nodes * seconds, 0, seconds) { Note = context.DescribeMemory() });
    }
}
