using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Creates services, each of which gets an address that no other has.</summary>
internal sealed class ServiceScenario : IScenario
{
    private const int InFlight = 16;
    private const int Others = 2_000;
    private const int WarmUpRounds = 10;

    public string Name => "service";

    public string Summary => "create services among 2,000 others; 16 in flight";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client, count) = (context.Pump, context.Pump.Client, Math.Min(context.Count / 10, Others));
        var name = await context.CreateNamespaceAsync();
        var services = $"/api/v1/namespaces/{name}/services";
        var create = client.Request("POST", services, Manifests.Service("service"));
        var delete = client.Request("DELETE", $"{services}/service-{RequestTemplate.Placeholder}");
        for (var round = 0; round < context.WarmUp(WarmUpRounds); round++)
        {
            await pump.RunAsync("", create, Others, count, InFlight);
            await pump.RunAsync("", delete, Others, count, InFlight);
        }

        context.Report.Add(await pump.RunAsync("create the first 2,000 Services, 16 in flight", create, 0, Others, InFlight));
        context.Report.Add(await pump.RunAsync("create a Service among 2,000, 16 in flight", create, Others, count, InFlight));
        await context.DeleteNamespaceAsync(name);
    }
}
