using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Writes the statuses of pods, as node daemons do: the most frequent write of a cluster.</summary>
internal sealed class StatusScenario : IScenario
{
    private const int InFlight = 64;
    private const int PodsMax = 5_000;
    private const int WarmUpRounds = 12;

    public string Name => "status";

    public string Summary => "patch and put the status of pods; 64 in flight";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client, count) = (context.Pump, context.Pump.Client, Math.Min(context.Count, PodsMax));
        var name = await context.CreateNamespaceAsync();
        var pods = $"/api/v1/namespaces/{name}/pods";
        var status = $"{pods}/pod-{RequestTemplate.Placeholder}/status";

        // A pod is patched from one state to the other and back, so that every write changes something.
        RequestTemplate[] strategic = [Strategic(true), Strategic(false)];
        RequestTemplate[] merge = [Merge(true), Merge(false)];
        RequestTemplate[] put = [Put(true), Put(false)];
        await pump.RunAsync("", client.Request("POST", pods, Manifests.Pod("pod", "all", "node")), 0, count, InFlight);
        for (var round = 0; round < context.WarmUp(WarmUpRounds); round++)
        {
            foreach (var form in (RequestTemplate[][])[strategic, merge, put])
            {
                foreach (var request in form)
                    await pump.RunAsync("", request, 0, count, InFlight);
            }
        }

        context.Report.Add(await RunAsync("patch Pod status (strategic merge), 64 in flight", strategic));
        context.Report.Add(await RunAsync("patch Pod status (merge), 64 in flight", merge));
        context.Report.Add(await RunAsync("put Pod status, 64 in flight", put));
        await context.DeleteNamespaceAsync(name);

        RequestTemplate Strategic(bool isReady) => client.Request("PATCH", status, Manifests.PodStatusPatch(isReady), "application/strategic-merge-patch+json");

        RequestTemplate Merge(bool isReady) => client.Request("PATCH", status, Manifests.PodStatusPatch(isReady), "application/merge-patch+json");

        RequestTemplate Put(bool isReady) => client.Request("PUT", status, Manifests.PodWithStatus("pod", isReady));

        async Task<Measuring.Measurement> RunAsync(string work, RequestTemplate[] states)
        {
            await pump.RunAsync("", states[0], 0, count, InFlight);
            return await pump.RunAsync(work, states[1], 0, count, InFlight);
        }
    }
}
