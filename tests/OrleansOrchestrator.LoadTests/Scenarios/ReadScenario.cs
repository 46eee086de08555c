using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Reads single objects.</summary>
internal sealed class ReadScenario : IScenario
{
    private const int InFlight = 64;
    private const int Objects = 1000;
    private const int WarmUpCount = 200_000;

    public string Name => "read";

    public string Summary => "get one config map of 1 KiB, 64 in flight";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client) = (context.Pump, context.Pump.Client);
        var name = await context.CreateNamespaceAsync();
        var maps = $"/api/v1/namespaces/{name}/configmaps";
        var get = client.Request("GET", $"{maps}/map-{RequestTemplate.Placeholder}");
        await pump.RunAsync("", client.Request("POST", maps, Manifests.ConfigMap("map")), 0, Objects, InFlight);
        await pump.RunAsync("", get, 0, context.WarmUp(WarmUpCount), InFlight, Objects);

        context.Report.Add(await pump.RunAsync("GET ConfigMap, 64 in flight", get, 0, context.Count * 5, InFlight, Objects));
        await context.DeleteNamespaceAsync(name);
    }
}
