using System.Net;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>Autoscaling and <c>kubectl top</c>, as whoever uses kubectl sees them. The pods are processes that use what they can while a file exists.</summary>
public sealed class AutoscalingTests : EndToEndTest
{
    private const string Options = """
        autoscaler:
          period: 00:00:01
        usage:
          freshFor: 00:00:01
        """;

    // A window for growth as short as one for shrinking.
    private const string Behavior = """{"spec":{"behavior":{"scaleDown":{"stabilizationWindowSeconds":3}}}}""";

    [Fact]
    public async Task Deployment_UnderLoadOrByAMetricOfAnotherServer_IsScaledUpAndBack()
    {
        var scratch = NewScratch();
        var (options, load) = (scratch.At("options.yaml"), scratch.At("load"));
        await File.WriteAllTextAsync(options, Options, Cancelled);
        var cluster = await DevCluster.StartAsync("process", "--config", options);
        AtEnd(() => cluster.DisposeAsync().AsTask());
        OnFailure(cluster.DescribeAsync);
        var kubectl = cluster.Kubectl;
        await kubectl.RunWithInputAsync(Deployment(load), "apply", "-f", "-");
        await kubectl.RunAsync("rollout", "status", "deployment", "web", "--timeout=60s");
        await kubectl.RunAsync("autoscale", "deployment", "web", "--min", "1", "--max", "3", "--cpu-percent", "50");
        await kubectl.RunAsync("patch", "hpa", "web", "--type=merge", "-p", Behavior);

        await File.WriteAllTextAsync(load, "", Cancelled);

        await Eventually.PassesAsync(async () => (await ReplicasAsync(kubectl)).ShouldBe("3"));
        await Eventually.PassesAsync(async () =>
        {
            (await kubectl.RunAsync("get", "hpa", "web")).Text.ShouldMatch(@"(?m)^web +Deployment/web +cpu: [1-9]\d+%/50% +1 +3 +3 ");
            (await kubectl.RunAsync("top", "pods", "--containers")).Text.ShouldMatch(@"(?m)^web-\S+ +main +[1-9]\d+m +\d+Mi *$");
        });
        (await kubectl.RunAsync("top", "nodes")).Text.ShouldMatch(@"(?m)^\S+ +\d+m +\d+% +\d+Mi +\d+% *$");
        (await kubectl.RunAsync("get", "pods.metrics.k8s.io", "-l", "app=web")).Text.ShouldMatch(@"(?m)^NAME +CPU +MEMORY +WINDOW *$");
        (await kubectl.RunAsync("top", "pods", "-l", "app=other")).Text.ShouldContain("No resources found");
        await IsDescribedAsync(
            kubectl,
            @"(?m)^ +ScalingActive +True +ValidMetricFound +the HPA was able to successfully calculate a replica count from cpu resource utilization \(percentage of request\)$",
            @"(?m)^ +Normal +SuccessfulRescale .* New size: [23]; reason: cpu resource utilization \(percentage of request\) above target$");

        File.Delete(load);

        await Eventually.PassesAsync(async () => (await ReplicasAsync(kubectl)).ShouldBe("1"));
        await IsDescribedAsync(kubectl, "New size: 1; reason: All metrics below target");

        await ScaleByAnotherServerAsync(kubectl);
    }

    private async Task ScaleByAnotherServerAsync(Kubectl kubectl)
    {
        await kubectl.RunWithInputAsync(MetricsAdapter.Pod, "apply", "-f", "-");
        await kubectl.RunAsync("wait", "pod", "adapter", "--for=condition=Ready", "--timeout=60s");
        var address = (await kubectl.RunAsync("get", "pod", "adapter", "-o", "jsonpath={.status.podIP}")).Text.Trim();
        await using var adapter = new MetricsAdapter(IPAddress.Parse(address)) { Value = 30 };
        await kubectl.RunWithInputAsync(adapter.Objects, "apply", "-f", "-");
        await kubectl.RunAsync("wait", "apiservice", MetricsAdapter.ApiService, "--for=condition=Available", "--timeout=60s");

        await kubectl.RunAsync("patch", "hpa", "web", "--type=merge", "-p", MetricsAdapter.AutoscalerPatch);

        await Eventually.PassesAsync(async () => (await ReplicasAsync(kubectl)).ShouldBe("3"));
        await IsDescribedAsync(kubectl, @"New size: 3; reason: external metric queue\(nil\) above target");
        adapter.Asked.ShouldBe(("/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue", "CN=front-proxy-client", "system:serviceaccount:kube-system:horizontal-pod-autoscaler"));

        adapter.Value = 10;
        await Eventually.PassesAsync(async () => (await ReplicasAsync(kubectl)).ShouldBe("1"));

        await kubectl.RunAsync("delete", "service", "adapter");
        await Eventually.PassesAsync(async () => (await kubectl.RunAsync("get", "apiservice", MetricsAdapter.ApiService)).Text.ShouldMatch(@" default/adapter +False \(ServiceNotFound\) "));
    }

    /// <summary>Waits until the autoscaler's conditions and events say so: they come after what they tell of.</summary>
    private static Task IsDescribedAsync(Kubectl kubectl, params string[] patterns) => Eventually.PassesAsync(async () =>
    {
        var described = (await kubectl.RunAsync("describe", "hpa", "web")).Text;
        foreach (var pattern in patterns)
            described.ShouldMatch(pattern);
    });

    private static async Task<string> ReplicasAsync(Kubectl kubectl) =>
        (await kubectl.RunAsync("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}")).Text.Trim();

    private static string Deployment(string load) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector:
            matchLabels: {app: web}
          template:
            metadata:
              labels: {app: web}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: main
                image: registry.invalid/main:1
                command: [sh, -c, "while :; do [ -e {{load}} ] || sleep 0.5; done"]
                resources:
                  requests: {cpu: 100m}
        """;
}
