using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>Several nodes are lost at once: too many of a zone, and then three of the ten of the cluster.</summary>
[Collection(typeof(PodsCollection))]
public sealed class ManyNodesTests : EndToEndTest
{
    private const int Pods = 20;
    private const string Zone = "topology.kubernetes.io/zone";

    // An unreachable node's pods are evicted after 13 s; a busy machine needs longer.
    private static readonly TimeSpan ReplacedWithin = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan EvictedAfter = TimeSpan.FromSeconds(13);

    [Fact]
    public async Task Nodes_MostOfAZoneSilent_KeepTheirPods_AndAThirdOfTheClusterSilent_LosesThem()
    {
        var scratch = NewScratch();
        var cluster = await StartDevAsync("hollow", "--nodes", "7");
        await OwnNamespaceAsync(cluster.Api);
        var suffix = UniqueName["e2e-".Length..];
        string[] names = [.. Enumerable.Range(1, 3).Select(i => $"cut-{i}-{suffix}")];
        var cut = await Task.WhenAll(names.Select(name => StartNodeAsync(cluster, scratch.At(name), name, "hollow")));
        await cluster.Kubectl.RunAsync(["label", "nodes", .. names, .. (await NodesAsync(cluster)).Except(names).Take(2), $"{Zone}=z"]);
        await cluster.Kubectl.RunWithInputAsync(Manifests.ReplicationController("moved", Pods), "apply", "-n", UniqueName, "-f", "-");
        await Eventually.PassesAsync(async () => (await ReadyAsync(cluster)).Count.ShouldBe(Pods));
        var lost = (await ReadyAsync(cluster)).Where(pod => names.Contains(NodeOf(pod))).Select(NameOf).ToList();
        lost.ShouldNotBeEmpty("the pods were to be spread over all nodes");

        // Three of the five nodes of a zone fall silent: whoever watches is more likely to be wrong.
        var silent = Stopwatch.StartNew();
        await Task.WhenAll(cut.Select(node => node.KillAsync()));
        await Eventually.PassesAsync(async () =>
            (await cluster.Kubectl.RunAsync("get", "events", "-A", "-o", "custom-columns=R:.reason,O:.involvedObject.name")).Text
                .ShouldMatch("(?m)^EvictionsPaused +kube-system$"));
        await Eventually.PassesAsync(async () =>
            (await cluster.Kubectl.RunAsync("get", "--raw", "/metrics")).Text.ShouldMatch("(?m)^orchestrator_node_evictions_paused{[^}]*zone=\"z\"[^}]*} 1\\b"));
        while (silent.Elapsed < EvictedAfter + TimeSpan.FromSeconds(5))
        {
            var kept = (await PodsAsync(cluster)).Where(pod => pod["metadata"]!["deletionTimestamp"] is null).Select(NameOf).ToList();
            lost.ShouldBeSubsetOf(kept, "nothing is evicted");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Cancelled);
        }

        (await cluster.Kubectl.RunAsync("get", "nodes", names[0])).Output.ShouldContain("NotReady");

        // Of the whole cluster three of ten are silent, which is believed.
        await cluster.Kubectl.RunAsync("label", "nodes", "--all", $"{Zone}-");
        var clock = Stopwatch.StartNew();
        await Eventually.PassesAsync(async () => (await ReadyAsync(cluster)).Count(pod => !names.Contains(NodeOf(pod))).ShouldBe(Pods));
        Report($"{lost.Count} pods of three nodes of ten were ready elsewhere after {clock.ElapsedMilliseconds} ms");
        clock.Elapsed.ShouldBeLessThan(ReplacedWithin);
        (await PodsAsync(cluster)).Select(NameOf).ShouldNotContain(name => lost.Contains(name));
    }

    private static string NameOf(JsonNode pod) => (string)pod["metadata"]!["name"]!;

    private static string NodeOf(JsonNode pod) => (string)pod["spec"]!["nodeName"]!;

    private static async Task<IReadOnlyList<string>> NodesAsync(DevCluster cluster) =>
        [.. (await cluster.Api.GetAsync("/api/v1/nodes"))["items"]!.AsArray().Select(node => NameOf(node!))];

    private async Task<IReadOnlyList<JsonNode>> PodsAsync(DevCluster cluster) =>
        [.. (await cluster.Api.GetAsync($"/api/v1/namespaces/{UniqueName}/pods"))["items"]!.AsArray().Select(pod => pod!)];

    private async Task<IReadOnlyList<JsonNode>> ReadyAsync(DevCluster cluster) => [.. (await PodsAsync(cluster)).Where(pod =>
        pod["status"]?["conditions"]?.AsArray().Any(condition => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True") is true)];
}
