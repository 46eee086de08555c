using OrleansOrchestrator.LoadTests.Hollow;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Creates pods and waits until they are bound: plain ones on many nodes, and such as mind each other on fewer. Nodes run nothing.</summary>
/// <remarks>
/// The cases are those of Kubernetes' scheduler_perf: SchedulingBasic, SchedulingPodAntiAffinity, TopologySpreading. Its nodes are only
/// objects; ours live, and renew their leases as kubelets do. Programs that are compiled beforehand need no warm-up.
/// </remarks>
internal sealed class ScheduleScenario : IScenario
{
    private const int NodesOfPlain = 5000;
    private const int NodesOfOthers = 500;
    private const int PodsOfPlain = 5000;
    private const int PodsOfSpread = 2000;
    private const int WarmUpPods = 10_000;
    private const int InFlight = 64;

    public string Name => "schedule";

    public string Summary => "create pods until all are bound: plain on 5,000 nodes; with required anti-affinity, and spread over zones, on 500";

    public bool IsByNameOnly => true;

    public TimeSpan RenewInterval => TimeSpan.FromSeconds(10);

    public async Task RunAsync(LoadContext context)
    {
        // The first nodes serve those that mind each other; the others come for the plain ones.
        await using var few = await HollowNodes.StartAsync(context, Math.Min(NodesOfOthers, context.Nodes ?? NodesOfOthers), runsPods: false);
        var ofFew = few.Nodes.Count;
        await BindAsync(context, "warm-up", context.WarmUp(WarmUpPods), Manifests.ScheduledPod("warm", ""), null);
        await BindAsync(context, "anti", ofFew * 4 / 5, Manifests.ScheduledPod("anti", Manifests.ApartByNode), $"schedule pods with required anti-affinity, {ofFew:N0} nodes");
        await BindAsync(
            context, "spread", context.Pods ?? PodsOfSpread, Manifests.ScheduledPod("spread", Manifests.SpreadOverZones), $"schedule pods spread over zones, {ofFew:N0} nodes");

        var all = context.Nodes ?? NodesOfPlain;
        await using var more = await HollowNodes.StartAsync(context, all - ofFew, runsPods: false, first: ofFew);
        await BindAsync(context, "plain", context.Pods ?? PodsOfPlain, Manifests.ScheduledPod("plain", ""), $"schedule plain pods, {all:N0} nodes");
    }

    private static async Task BindAsync(LoadContext context, string prefix, int pods, string manifest, string? work)
    {
        var name = await context.CreateNamespaceAsync();
        await using var progress = await PodProgress.StartAsync(context.Watches, name);
        var meter = new CpuMeter(context.Pump.Processes);
        await context.Pump.RunAsync(prefix, context.Pump.Client.Request("POST", $"/api/v1/namespaces/{name}/pods", manifest), 0, pods, InFlight);
        await progress.WaitAsync(seen => seen.Bound >= pods, context.StepMax);
        if (work is not null)
            context.Report.Add(PodRow.Of(work, meter, progress, pods, pod => pod.BoundAt) with { Note = context.DescribeMemory() });
        await context.Pump.Client.RequireAsync(
            context.Pump.Client.Request("DELETE", $"/api/v1/namespaces/{name}/pods?gracePeriodSeconds=0"), 0, 200);
        await progress.WaitAsync(seen => seen.Alive == 0, context.StepMax);
        await context.DeleteNamespaceAsync(name);
    }
}
