using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Creates, patches and deletes.</summary>
internal sealed class WriteScenario : IScenario
{
    private const int InFlight = 64;
    private const int WarmUpCount = 20_000;
    private const int WarmUpRounds = 3;

    public string Name => "write";

    public string Summary => "create, merge-patch and delete config maps of 1 KiB, create pods; 64 in flight";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client, count) = (context.Pump, context.Pump.Client, context.Count);
        var name = await context.CreateNamespaceAsync();
        var maps = $"/api/v1/namespaces/{name}/configmaps";
        var pods = $"/api/v1/namespaces/{name}/pods";
        var patch = client.Request("PATCH", $"{maps}/map-{RequestTemplate.Placeholder}", Manifests.ConfigMapPatch(), "application/merge-patch+json");
        var delete = client.Request("DELETE", $"{maps}/map-{RequestTemplate.Placeholder}");

        // Compilers and caches are warm where a server is in service.
        var create = client.Request("POST", maps, Manifests.ConfigMap("map"));
        var createPod = client.Request("POST", pods, Manifests.Pod("pod", "all"));
        var deletePod = client.Request("DELETE", $"{pods}/pod-{RequestTemplate.Placeholder}?gracePeriodSeconds=0");
        for (var round = 0; round < WarmUpRounds; round++)
        {
            foreach (var request in (RequestTemplate[])[create, patch, delete, createPod, deletePod])
                await pump.RunAsync("", request, 0, context.WarmUp(WarmUpCount), InFlight);
        }

        context.Report.Add(await pump.RunAsync("create ConfigMap 1 KiB, 64 in flight", create, WarmUpCount, count, InFlight));
        context.Report.Add(await pump.RunAsync("merge-patch ConfigMap, 64 in flight", patch, WarmUpCount, count, InFlight));
        context.Report.Add(await pump.RunAsync("delete ConfigMap, 64 in flight", delete, WarmUpCount, count, InFlight));
        context.Report.Add(await pump.RunAsync("create Pod, 64 in flight", createPod, WarmUpCount, count, InFlight));
        await context.DeleteNamespaceAsync(name);
    }
}
