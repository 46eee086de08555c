using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>The same work among more and more objects: what it costs must not depend on how many there are.</summary>
internal sealed class GrowthScenario : IScenario
{
    private const int InFlight = 64;
    private const int Group = 100;
    private static readonly int[] Sizes = [1000, 10_000, 100_000];

    public string Name => "growth";

    public string Summary => "create, get and list by label among 1,000, 10,000 and 100,000 config maps";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client) = (context.Pump, context.Pump.Client);
        var name = await context.CreateNamespaceAsync();
        var maps = $"/api/v1/namespaces/{name}/configmaps";
        var create = client.Request("POST", maps, Manifests.ConfigMap("map"));
        await pump.RunAsync("", client.Request("POST", maps, Manifests.ConfigMap("few", "few")), 0, Group, InFlight);
        var get = client.Request("GET", $"{maps}/map-{RequestTemplate.Placeholder}");
        var list = client.Request("GET", $"{maps}?labelSelector=group%3Dfew");

        var present = 0;
        foreach (var size in Sizes)
        {
            var step = context.Count / 20;
            await pump.RunAsync("", create, present, size - step - present, InFlight);
            context.Report.Add(await pump.RunAsync($"create ConfigMap, up to {size:N0} objects", create, size - step, step, InFlight));
            present = size;
            context.Report.Add(await pump.RunAsync($"GET among {size:N0} objects", get, 0, context.Count, InFlight, size));
            context.Report.Add(await pump.RunAsync($"LIST {Group} of {size:N0} by label, 4 in flight", list, 0, step, inFlight: 4)
                with
            { Note = context.DescribeMemory() });
        }

        await context.DeleteNamespaceAsync(name);
    }
}
