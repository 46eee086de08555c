using System.Net;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Limits;

public sealed class OverloadTests
{
    private const int Lists = 50;
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

    private static string Lease(string holder) =>
        $$$"""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"n1"},"spec":{"holderIdentity":"{{{holder}}}"}}""";

    [Fact]
    public async Task Lease_WhileLargeListsWaitForSeats_IsUpdated()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var gateway = new GatewayFixture
        {
            Options = new GatewayOptions { ListenAddress = IPAddress.Loopback, Port = 0, LargeListObjects = 1, LargeListSeats = 1 },
        };
        await gateway.InitializeAsync();
        await gateway.CreateAsync(Leases, Lease("a"));
        foreach (var name in new[] { "m1", "m2" })
            await gateway.CreateAsync(Maps, $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"}}""");

        var held = await gateway.LargeLists.AcquireAsync("somebody", cancellation);
        var calls = 0;
        var allCalled = new TaskCompletionSource();
        gateway.Objects.OnCall = _ =>
        {
            if (Interlocked.Increment(ref calls) == Lists)
                allCalled.SetResult();
            return Task.CompletedTask;
        };
        var lists = Enumerable.Range(0, Lists).Select(_ => gateway.Admin.GetJsonAsync(Maps)).ToList();
        await allCalled.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);

        var updated = await gateway.Admin.CallAsync(HttpMethod.Put, $"{Leases}/n1", HttpCalls.Json(Lease("b")));
        updated.ShouldSucceed()["spec"]!["holderIdentity"]!.GetValue<string>().ShouldBe("b");
        (await gateway.Admin.GetJsonAsync($"{Maps}?limit=1")).ShouldSucceed();
        lists.ShouldAllBe(list => !list.IsCompleted);

        held.Dispose();
        foreach (var answer in await Task.WhenAll(lists))
            answer.ShouldSucceed()["items"]!.AsArray().Count.ShouldBe(2);
    }
}
