using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Workloads;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>A node that dies takes nothing with it but its own processes.</summary>
[Collection(typeof(PodsCollection))]
public sealed class NodeFailoverTests : EndToEndTest
{
    // It takes 11 to 15 s; a busy machine needs longer.
    private static readonly TimeSpan ReplacedWithin = TimeSpan.FromSeconds(80);

    private string Suffix => UniqueName["e2e-".Length..];

    [Fact]
    public async Task Node_Dead_HasItsPodsRunElsewhere()
    {
        var scratch = NewScratch();
        var cluster = await StartDevAsync("hollow");
        await CordonAllAsync(cluster);
        var dying = await StartNodeAsync(cluster, scratch.At("dying"), $"dying-{Suffix}", "process");
        await StartNodeAsync(cluster, scratch.At("staying"), $"staying-{Suffix}", "process");
        var hello = new HelloSample(cluster, UniqueName);
        await hello.ApplyAsync("any");
        await cluster.Kubectl.RunAsync("scale", "rc", "hello", "--replicas", "4", "-n", UniqueName);
        var before = await hello.WaitForReadyPodsAsync(4);
        var lost = before.Where(pod => NodeOf(pod) == $"dying-{Suffix}").Select(HelloSample.NameOf).ToList();
        lost.ShouldNotBeEmpty("the pods were to be spread over both nodes");

        var clock = Stopwatch.StartNew();
        await dying.KillAsync();
        foreach (var pod in lost)
            HostProcesses.Kill(HelloSample.ProcessOf(pod));
        await Eventually.PassesAsync(async () =>
        {
            var ready = (await hello.PodsAsync()).Where(HelloSample.IsReady).ToList();
            ready.Count(pod => NodeOf(pod) == $"staying-{Suffix}").ShouldBe(4);
        });

        Report($"{lost.Count} pods of the dead node were ready elsewhere after {clock.ElapsedMilliseconds} ms");
        clock.Elapsed.ShouldBeLessThan(ReplacedWithin);
        (await cluster.Kubectl.RunAsync("get", "nodes", $"dying-{Suffix}")).Output.ShouldContain("NotReady");
        var serving = (await hello.PodsAsync()).Where(HelloSample.IsReady).Select(HelloSample.NameOf).ToList();
        await hello.WaitForAnswersFromAsync(serving);
        await cluster.Kubectl.RunAsync("delete", "rc", "hello", "-n", UniqueName);

        // A daemon that ends leaves its pods running, and these would outlive the test.
        await Eventually.PassesAsync(async () => (await hello.PodsAsync()).ShouldBeEmpty());
    }

    private static string NodeOf(JsonNode pod) => (string)pod["spec"]!["nodeName"]!;

    private static async Task CordonAllAsync(DevCluster cluster)
    {
        foreach (var node in (await cluster.Kubectl.RunAsync("get", "nodes", "-o", "name")).Lines)
            await cluster.Kubectl.RunAsync("cordon", node);
    }
}
