using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>A static pod, as users of kubectl see it.</summary>
[Collection(typeof(ProcessPodsCollection))]
public sealed class StaticPodTests(ProcessRuntime runtime) : EndToEndTest
{
    private const string Manifest = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: lone
          labels: {app: lone}
        spec:
          priorityClassName: system-node-critical
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: registry.invalid/main:1
            command: [sh, -c, 'echo hello; exec sleep 600']
            resources: {requests: {cpu: 10m}}
        """;

    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    [Fact]
    public async Task Kubectl_ShowsAStaticPodAndCannotEndIt()
    {
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        var file = Path.Combine(runtime.StaticPods, "lone.yaml");
        AtEnd(() => Task.Run(() => File.Delete(file)));
        await File.WriteAllTextAsync(file, Manifest, Cancelled);

        var node = (await Kubectl.RunAsync("get", "nodes", "-o", "name")).Text.Trim().Split('/')[1];
        var name = $"lone-{node}";
        await Eventually.HoldsAsync(async () => (await Kubectl.TryAsync("get", "pod", name)).ExitCode == 0, "it is shown");
        await Kubectl.RunAsync("wait", "--for=condition=Ready", $"pod/{name}", "--timeout=30s");
        (await Kubectl.RunAsync("logs", name)).Text.ShouldBe("hello\n");
        (await Kubectl.RunAsync("exec", name, "--", "echo", "there")).Text.ShouldBe("there\n");
        var described = (await Kubectl.RunAsync("describe", "pod", name)).Text;
        described.ShouldMatch($@"Controlled By: +Node/{node}\n");
        described.ShouldMatch(@"Normal +Started .+ Started container main");
        var first = await PodAsync(name);
        ((string?)first["spec"]!["serviceAccountName"], (int)first["spec"]!["priority"]!).ShouldBe((null, 2_000_001_000));

        (await Kubectl.TryAsync("annotate", "pod", name, "kubernetes.io/config.mirror-")).Errors.ShouldContain("may not remove or update mirror pod annotation");
        await Kubectl.RunAsync("delete", "pod", name, "--wait=false");
        await Eventually.PassesAsync(async () =>
        {
            var second = await PodAsync(name);
            ((string?)second["metadata"]!["uid"]).ShouldNotBe((string?)first["metadata"]!["uid"]);
            ContainerOf(second).ShouldBe(ContainerOf(first));
        });

        File.Delete(file);
        await Kubectl.RunAsync("wait", "--for=delete", $"pod/{name}", "--timeout=30s");
    }

    private Task<JsonNode> PodAsync(string name) => runtime.Cluster.Api.GetAsync($"/api/v1/namespaces/default/pods/{name}");

    private static string? ContainerOf(JsonNode pod) => (string?)pod["status"]!["containerStatuses"]![0]!["containerID"];
}
