using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>The nodes of <c>dev --nodes</c>: each is a machine of its own to whoever looks.</summary>
public sealed class DevNodeTests : EndToEndTest
{
    [Fact]
    public async Task Nodes_OfDev_HaveAddressesOfTheirOwn_AndTheirPodsAreReachedThroughThem()
    {
        var cluster = await StartDevAsync("process", "--nodes", "2");
        (await NodesAsync(cluster)).Select(AddressOf).ShouldBe(["127.0.0.1", "127.0.0.2"], ignoreOrder: true);
        (await cluster.Kubectl.RunAsync("get", "nodes", "-o", "wide")).Text.ShouldContain("127.0.0.2");
        foreach (var address in new[] { "127.0.0.1", "127.0.0.2" })
        {
            var node = (await NodesAsync(cluster)).Single(node => AddressOf(node) == address);
            var name = (string)node["metadata"]!["name"]!;
            var pod = $"on-{address.Replace('.', '-')}";
            await cluster.Kubectl.RunWithInputAsync(Manifest(pod, name), "apply", "-f", "-");
            await Eventually.PassesAsync(async () =>
            {
                var status = (await cluster.Api.GetAsync($"/api/v1/namespaces/default/pods/{pod}"))["status"]!;
                ((string?)status["phase"]).ShouldBe("Running");
                ((string?)status["hostIP"]).ShouldBe(address);
                (await cluster.Kubectl.RunAsync("logs", pod)).Text.ShouldBe($"hello from {address}\n");
            });
        }
    }

    private static async Task<IEnumerable<JsonNode>> NodesAsync(DevCluster cluster) =>
        (await cluster.Api.GetAsync("/api/v1/nodes"))["items"]!.AsArray().Select(node => node!);

    private static string AddressOf(JsonNode node) => (string)node["status"]!["addresses"]!.AsArray()
        .Single(address => (string?)address!["type"] == "InternalIP")!["address"]!;

    private static string Manifest(string name, string node) => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
        spec:
          nodeName: {{node}}
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: registry.invalid/main:1
            command: [sh, -c, 'echo hello from $HOST_IP; exec sleep 600']
            env:
            - name: HOST_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.hostIP
        """;
}
