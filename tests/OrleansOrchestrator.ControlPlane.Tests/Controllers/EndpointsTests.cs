using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

public sealed class EndpointsTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task AServicesEndpoints_FollowItsPods_AndGoWithIt()
    {
        await Api.CreateAsync(PodSamples.Service(_space, "web"));
        await ReadyAsync("", "");
        await Api.CreateAsync(PodSamples.Pod(_space, "p1", "web", node: "n"));
        await Api.CreateAsync(PodSamples.Pod(_space, "p2", "web", node: "n"));
        await Api.CreateAsync(PodSamples.Pod(_space, "p3", "other", node: "n"));
        await StatusAsync("p1", "10.1.0.1", "True");
        await StatusAsync("p2", "10.1.0.2", "False");
        await StatusAsync("p3", "10.1.0.3", "True");
        await ReadyAsync("10.1.0.1", "10.1.0.2");

        await StatusAsync("p2", "10.1.0.2", "True");
        await ReadyAsync("10.1.0.1,10.1.0.2", "");

        // A pod that no longer matches is found by what it was.
        await Api.PatchAsync<V1Pod>(_space, "p1", PatchType.MergePatch, """{"metadata":{"labels":{"app":"other"}}}""");
        await ReadyAsync("10.1.0.2", "");
        await Api.PatchAsync<V1Service>(_space, "web", PatchType.MergePatch, """{"spec":{"selector":{"app":"other"}}}""");
        await ReadyAsync("10.1.0.1,10.1.0.3", "");

        await Api.DeleteAsync<V1Pod>(_space, "p3", new DeletionOptions { GracePeriodSeconds = 0 });
        await ReadyAsync("10.1.0.1", "");
        await Api.DeleteAsync<V1Service>(_space, "web");
        await Api.UntilAsync<V1Endpoints>(_space, endpoints => endpoints.Count == 0);
    }

    private Task ReadyAsync(string ready, string notReady) => Api.UntilAsync<V1Endpoints>(
        _space,
        all => all is [var endpoints] && Join(endpoints, subset => subset.Addresses) == ready && Join(endpoints, subset => subset.NotReadyAddresses) == notReady);

    private static string Join(V1Endpoints endpoints, Func<V1EndpointSubset, IList<V1EndpointAddress>?> part) =>
        string.Join(',', (endpoints.Subsets ?? []).SelectMany(subset => part(subset) ?? []).Select(address => address.Ip).Order(StringComparer.Ordinal));

    private Task StatusAsync(string pod, string address, string ready) => Api.PatchAsync<V1Pod>(
        _space, pod, PatchType.MergePatch,
        $$$"""{"status":{"phase":"Running","podIP":"{{{address}}}","podIPs":[{"ip":"{{{address}}}"}],"conditions":[{"type":"Ready","status":"{{{ready}}}"}]}}""", "status");
}
