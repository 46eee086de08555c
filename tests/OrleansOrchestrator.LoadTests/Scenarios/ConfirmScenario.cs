using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Sends the same requests with three clients in turn. The harness's own is believed only if the work of the server costs what it
/// costs when others ask for it.</summary>
internal sealed class ConfirmScenario : IScenario
{
    private const int Rounds = 5;
    private const int InFlight = 64;
    private const int ListsInFlight = 2;
    private const int Pods = 1000;

    public string Name => "confirm";

    public string Summary => "the same requests with the harness's client, the framework's, and h2load, in turn";

    public bool IsByNameOnly => true;

    public async Task RunAsync(LoadContext context)
    {
        var own = context.Pump;
        var target = own.Client.Target;
        await using var lean = new ApiClient(target, ClientKind.Lean, own.Client.UsesHttp2);
        await using var framework = new ApiClient(target, ClientKind.Framework, own.Client.UsesHttp2);
        await using var leanPump = own.With(lean);
        await using var frameworkPump = own.With(framework);
        var peer = H2Load.WhyNot(target) is null ? new H2Load(target, own.Processes, own.Client.UsesHttp2) : null;
        if (peer is null)
            context.Report.Add(new Measurement("h2load", 0, 0, 0) { Load = Machine.Load(), Note = H2Load.WhyNot(target)! });

        var space = await context.CreateNamespaceAsync();
        foreach (var (work, request, count, inFlight, warmUp) in await PrepareAsync(own, space, context.Count))
        {
            await leanPump.RunAsync("", request, 0, context.WarmUp(warmUp), inFlight);
            for (var round = 0; round < Rounds; round++)
            {
                context.Report.Add(await leanPump.RunAsync($"{work}, own client", request, 0, count, inFlight));
                context.Report.Add(await frameworkPump.RunAsync($"{work}, HttpClient", request, 0, count, inFlight));
                if (peer is not null)
                    context.Report.Add(await peer.RunAsync($"{work}, h2load", request, count, inFlight));
            }
        }

        await context.DeleteNamespaceAsync(space);
    }

    /// <summary>Requests that are the same each time, since that is what h2load can send.</summary>
    private static async Task<(string Work, RequestTemplate Request, int Count, int InFlight, int WarmUp)[]> PrepareAsync(
        Pump pump, string space, int count)
    {
        var (maps, pods) = ($"/api/v1/namespaces/{space}/configmaps", $"/api/v1/namespaces/{space}/pods");
        await pump.RunAsync("", pump.Client.Request("POST", maps, Manifests.ConfigMap("map")), 0, 1, 1);
        await pump.RunAsync("", pump.Client.Request("POST", pods, Manifests.Pod("pod", "all")), 0, Pods, InFlight);
        return
        [
            ($"GET ConfigMap, {InFlight} in flight", pump.Client.Request("GET", $"{maps}/map-{0:D7}"), count * 2, InFlight, 200_000),
            ($"LIST {Pods} pods, {ListsInFlight} in flight", pump.Client.Request("GET", pods), count / 50, ListsInFlight, 1000),
            ($"POST ConfigMap, {InFlight} in flight", pump.Client.Request("POST", maps, Manifests.UnnamedConfigMap()), count / 2, InFlight, 50_000),
        ];
    }
}
