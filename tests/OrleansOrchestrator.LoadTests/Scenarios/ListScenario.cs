using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Lists pods, all of them and by label.</summary>
internal sealed class ListScenario : IScenario
{
    private const int Pods = 4000;
    private const int Groups = 50;
    private const int CreatesInFlight = 64;

    // Compilers are through where a server is in service: a cold one takes up to twice as long for a list.
    private const int WarmUpByLabel = 10_000;
    private const int WarmUpAll = 200;

    public string Name => "list";

    public string Summary => "list 80 of 4,000 pods by label, 4 in flight, and all 4,000, 2 in flight";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client) = (context.Pump, context.Pump.Client);
        var name = await context.CreateNamespaceAsync();
        var pods = $"/api/v1/namespaces/{name}/pods";
        await CreateAsync(pump, pods, Pods);

        var byLabel = client.Request("GET", $"{pods}?labelSelector=group%3Dgroup-7");
        await pump.RunAsync("", byLabel, 0, WarmUpByLabel, inFlight: 4);
        context.Report.Add(await pump.RunAsync("LIST by label, 80 of 4,000 pods, 4 in flight", byLabel, 0, context.Count / 5, inFlight: 4));

        var all = client.Request("GET", pods);
        await pump.RunAsync("", all, 0, WarmUpAll, inFlight: 2);
        context.Report.Add(await pump.RunAsync("LIST 4,000 pods, 2 in flight", all, 0, context.Count / 50, inFlight: 2));
        await context.DeleteNamespaceAsync(name);
    }

    private static async Task CreateAsync(Pump pump, string path, int count)
    {
        for (var group = 0; group < Groups; group++)
        {
            var create = pump.Client.Request("POST", path, Manifests.Pod("pod", $"group-{group}"));
            await pump.RunAsync("", create, group * (count / Groups), count / Groups, CreatesInFlight);
        }
    }
}
