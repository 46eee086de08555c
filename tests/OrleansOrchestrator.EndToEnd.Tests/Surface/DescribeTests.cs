using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

public sealed class DescribeTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Fact]
    public async Task Describe_Pod_TellsItsStory()
    {
        await CreateReplicasAsync("web", 1);
        var pod = (await RunAsync("get", "pods", "-o", "name")).Lines[0];

        // Events are written beside the path that makes the pod run; a hollow node writes none of its own.
        await Eventually.PassesAsync(async () =>
        {
            var text = (await RunAsync("describe", pod)).Output;
            text.ShouldMatch(@"(?m)^Status:\s+Running$");
            text.ShouldMatch(@"(?m)^Controlled By:\s+ReplicationController/web$");
            text.ShouldMatch(@"(?m)^  Ready\s+True");
            text.ShouldMatch($@"Scheduled\s+\w+\s+\S+\s+Successfully assigned {UniqueName}/{pod["pod/".Length..]} to \S+");
        });
    }

    [Fact]
    public async Task Describe_ReplicationController_ShowsReplicasAndEvents()
    {
        await CreateReplicasAsync("web", 2);

        await Eventually.PassesAsync(async () =>
        {
            var text = (await RunAsync("describe", "rc", "web")).Output;
            text.ShouldMatch(@"(?m)^Replicas:\s+2 current / 2 desired$");
            text.ShouldMatch(@"(?m)^Pods Status:\s+2 Running / 0 Waiting / 0 Succeeded / 0 Failed$");
            text.ShouldMatch(@"SuccessfulCreate\s+\w+\s+replication-controller\s+Created pod: web-\w{5}");
        });
    }

    [Fact]
    public async Task Describe_Service_ShowsItsEndpoints()
    {
        await CreateReplicasAsync("web", 2);
        await RunAsync("expose", "rc", "web", "--port", "80", "--target-port", "8080");

        await Eventually.PassesAsync(async () =>
        {
            var text = (await RunAsync("describe", "service", "web")).Output;
            text.ShouldMatch(@"(?m)^Selector:\s+app=web$");
            text.ShouldMatch(@"(?m)^TargetPort:\s+8080/TCP$");
            text.ShouldMatch(@"(?m)^Endpoints:\s+[\d.]+:8080,[\d.]+:8080$");
        });
    }

    [Fact]
    public async Task Describe_Node_ShowsItsConditionAndPods()
    {
        await CreateReplicasAsync("web", 1);
        var node = (await RunAsync("get", "pods", "-o", "jsonpath={.items[0].spec.nodeName}")).Output;

        var text = (await RunAsync("describe", "node", node)).Output;

        text.ShouldMatch(@"(?m)^  Ready\s+True");
        text.ShouldMatch(@"(?m)^Unschedulable:\s+false$");
        text.ShouldMatch(@"(?m)^Allocatable:$");
        text.ShouldMatch($@"(?m)^  {UniqueName}\s+web-\w{{5}}\s+");
        text.ShouldContain("RenewTime:");
    }
}
