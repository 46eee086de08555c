using System.Diagnostics;
using OrleansOrchestrator.LoadTests.Hollow;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Rolls a deployment from one template to the next.</summary>
internal sealed class RolloutScenario : IScenario
{
    private const int NodesByItself = 500;
    private const int PodsByItself = 1000;

    public string Name => "rollout";

    public string Summary => "a deployment of 1,000 pods on 500 hollow nodes from one template to the next, a quarter at a time";

    public bool IsByNameOnly => true;

    public async Task RunAsync(LoadContext context)
    {
        var (nodes, pods) = (context.Nodes ?? NodesByItself, context.Pods ?? PodsByItself);
        await using var hollow = await HollowNodes.StartAsync(context, nodes, runsPods: true);
        var name = await context.CreateNamespaceAsync();
        await using var progress = await PodProgress.StartAsync(context.Watches, name);
        var client = context.Pump.Client;
        await client.RequireAsync(client.Request("POST", $"/apis/apps/v1/namespaces/{name}/deployments", Manifests.Deployment("rolled", pods)), 0, 201);
        if (!await progress.WaitAsync(seen => seen.Running >= pods, context.StepMax))
            throw new IOException($"only {progress.Running} of {pods} pods run");

        var before = progress.Pods.Where(pod => pod.IsRunning).ToList();
        var meter = new CpuMeter(context.Pump.Processes);
        var started = Stopwatch.GetTimestamp();
        await client.RequireAsync(
            client.Request("PATCH", $"/apis/apps/v1/namespaces/{name}/deployments/rolled", Manifests.DeploymentPatch, "application/strategic-merge-patch+json"), 0, 200);
        var fewest = long.MaxValue;
        var isDone = await progress.WaitAsync(
            seen =>
            {
                fewest = Math.Min(fewest, seen.Running);
                return seen.Running == pods && seen.Alive == pods && !before.Any(pod => pod.IsRunning);
            },
            context.StepMax);
        context.Report.Add(meter.Stop(new Measurement($"roll a deployment of {pods:N0} pods, {nodes:N0} nodes", pods, isDone ? 0 : 1, Stopwatch.GetElapsedTime(started).TotalSeconds)
        {
            Note = $"never fewer than {fewest:N0} ran",
        }));
        await context.DeleteNamespaceAsync(name);
    }
}
