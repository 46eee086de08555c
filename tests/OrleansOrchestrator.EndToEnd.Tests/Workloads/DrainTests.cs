using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>A drain as whoever uses kubectl sees it: kubectl evicts, a budget says how fast, and controllers replace.</summary>
public sealed class DrainTests(HollowCluster hollow) : HollowTest(hollow)
{
    private const int Replicas = 4;

    [Fact]
    public async Task Drain_OfPodsWithABudget_TakesOneAfterTheOtherWhileTheRestServes()
    {
        await CreateReplicasAsync("web", Replicas);
        await RunAsync("create", "poddisruptionbudget", "web", "--selector", "app=web", "--max-unavailable", "1");
        await RunAsync("wait", "poddisruptionbudget/web", "--for=condition=DisruptionAllowed", "--timeout=60s");
        var pods = await Api.GetAsync($"{Space}/pods");
        var before = pods["items"]!.AsArray().Select(pod => pod!).ToList();
        var there = before.GroupBy(NodeOf).MaxBy(node => node.Count())!;
        AtEnd(() => Kubectl.RunAsync("uncordon", there.Key));

        var drained = await Kubectl.RunAsync("drain", there.Key, "--pod-selector", "app=web", "--ignore-daemonsets", "--timeout", "60s");

        drained.Lines.Count(line => line.EndsWith(" evicted", StringComparison.Ordinal)).ShouldBe(there.Count());
        await Eventually.PassesAsync(async () => (await Api.ListAsync($"{Space}/pods")).Count(pod => Serves(pod) && NodeOf(pod) != there.Key).ShouldBe(Replicas));
        (await FewestServingAsync(before, (string)pods["metadata"]!["resourceVersion"]!)).ShouldBe(Replicas - 1);
    }

    /// <summary>How many pods have served at least at any time since a revision.</summary>
    private async Task<int> FewestServingAsync(IEnumerable<JsonNode> pods, string resourceVersion)
    {
        var serving = pods.Where(Serves).Select(NameOf).ToHashSet();
        var fewest = serving.Count;
        using var reader = await Api.OpenAsync($"{Space}/pods?watch=true&timeoutSeconds=1&resourceVersion={resourceVersion}", Cancelled);
        while (await reader.ReadLineAsync(Cancelled) is { } line)
        {
            var change = JsonNode.Parse(line)!;
            var pod = change["object"]!;
            if ((string?)change["type"] != "DELETED" && Serves(pod))
                serving.Add(NameOf(pod));
            else
                serving.Remove(NameOf(pod));
            fewest = Math.Min(fewest, serving.Count);
        }

        return fewest;
    }

    private static bool Serves(JsonNode pod) => pod["metadata"]!["deletionTimestamp"] is null
        && pod["status"]?["conditions"]?.AsArray().Any(condition => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True") is true;

    private static string NameOf(JsonNode pod) => (string)pod["metadata"]!["name"]!;

    private static string NodeOf(JsonNode pod) => (string?)pod["spec"]!["nodeName"] ?? "";
}
