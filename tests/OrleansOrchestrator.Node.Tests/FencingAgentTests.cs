using k8s.Models;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

public sealed class FencingAgentTests
{
    [Fact]
    public async Task Pods_OfTheShortestToleration_ComeAtAnyMomentOfTheRenewalAndAllRun()
    {
        // The node begins with renewals every 2 s, and these pods may run for 2 s without one.
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        for (var i = 0; i < 12; i++)
        {
            node.Put(TestPods.Shell($"p{i}", ""));
            await node.PodAsync($"p{i}", TestPods.IsReady, $"pod {i} is ready", seconds: 10);
            var renewals = node.Api.Requests.Count(r => r.Contains("/leases/", StringComparison.Ordinal));
            node.Delete($"p{i}", 0);
            await Eventually.HoldsAsync(() => node.Pod($"p{i}") is null, "the pod is gone");

            // Without pods the interval is the long one again; the next pod comes at another moment of it.
            await Eventually.HoldsAsync(
                () => node.Api.Requests.Count(r => r.Contains("/leases/", StringComparison.Ordinal)) > renewals, "the lease is renewed");
        }

        node.Api.List<V1Pod>("api/v1/namespaces/default/pods/").ShouldBeEmpty();
    }
}
