
namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Renews the leases of nodes, alone and beside a client that lists all pods as often as it can.</summary>
internal sealed class OverloadScenario : IScenario
{
    private const int Nodes = 100;
    private const int Pods = 4000;
    private const int ListsInFlight = 32;
    private const int CreatesInFlight = 64;
    private const int Rounds = 40;

    public string Name => "overload";

    public string Summary => "renew the leases of 100 nodes, alone and while one client lists 4,000 pods, 32 in flight";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client) = (context.Pump, context.Pump.Client);
        var name = await context.CreateNamespaceAsync();
        var pods = $"/api/v1/namespaces/{name}/pods";
        var leases = $"/apis/coordination.k8s.io/v1/namespaces/{name}/leases";
        await pump.RunAsync("", client.Request("POST", pods, Manifests.Pod("pod", "all")), 0, Pods, CreatesInFlight);
        await pump.RunAsync("", client.Request("POST", leases, Manifests.Lease("node")), 0, Nodes, CreatesInFlight);

        await using var heartbeats = new Heartbeats(pump, leases, Nodes);
        await heartbeats.RunAsync("", Rounds / 2, CancellationToken.None);
        context.Report.Add(await heartbeats.RunAsync($"renew leases of {Nodes} nodes, alone", Rounds, CancellationToken.None));

        using var ending = new CancellationTokenSource();
        var list = client.Request("GET", pods);
        var lists = pump.RunAsync($"LIST 4,000 pods, {ListsInFlight} in flight, beside the leases", list, 0, context.Count, ListsInFlight, ends: ending.Token);
        var renewed = await heartbeats.RunAsync($"renew leases of {Nodes} nodes, {ListsInFlight} lists in flight", Rounds, CancellationToken.None);
        await ending.CancelAsync();
        context.Report.Add(renewed);
        context.Report.Add(await lists);
        await context.DeleteNamespaceAsync(name);
    }
}
