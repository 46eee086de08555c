using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Kubectl;

public sealed class WorkloadKubectlTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>, IDisposable
{
    private readonly KubectlRun _kubectl = new(gateway);

    public void Dispose() => _kubectl.Dispose();

    [Theory]
    [InlineData("create deployment made --image=nginx:1 --replicas=2", "deployment.apps/made created")]
    [InlineData("create job made --image=busybox -- true", "job.batch/made created")]
    [InlineData("create cronjob made --image=busybox --schedule='0 3 * * *' -- true", "cronjob.batch/made created")]
    [InlineData("create quota made --hard=pods=3", "resourcequota/made created")]
    [InlineData("create poddisruptionbudget made --selector=app=a --min-available=1", "poddisruptionbudget.policy/made created")]
    [InlineData("create priorityclass made --value=10", "priorityclass.scheduling.k8s.io/made created")]
    public async Task Create_OfTypedCommand_IsReadFromProtobuf(string command, string expected) =>
        (await _kubectl.RunAsync(command.Replace('\'', '"'))).ShouldContain(expected);

    [Fact]
    public async Task Deployment_OfTypedCommands_IsShownScaledAndChanged()
    {
        await _kubectl.RunAsync("create deployment shown --image=nginx:1 --replicas=2");

        (await _kubectl.RunAsync("get deploy shown -o wide")).ShouldMatch(
            @"NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\s+CONTAINERS\s+IMAGES\s+SELECTOR\s+shown\s+0/2\s+[02]\s+0\s+\d+s\s+nginx\s+nginx:1\s+app=shown");
        (await _kubectl.RunAsync("scale deployment shown --replicas=4")).ShouldContain("scaled");
        (await _kubectl.RunAsync("set image deploy/shown nginx=nginx:2")).ShouldContain("image updated");
        (await _kubectl.RunAsync("rollout pause deploy/shown")).ShouldContain("paused");
        (await _kubectl.RunAsync("get deploy shown -o jsonpath={.spec.replicas},{.spec.paused},{.spec.template.spec.containers[0].image}"))
            .ShouldBe("4,true,nginx:2");
        (await _kubectl.RunAsync("get all -o name")).ShouldContain("deployment.apps/shown");
        (await _kubectl.RunAsync("describe deploy shown")).ShouldMatch(@"RollingUpdateStrategy:\s+25% max unavailable, 25% max surge");
    }

    [Fact]
    public async Task Autoscaler_InBothVersions_IsOneObject()
    {
        await _kubectl.RunAsync("create deployment scaled --image=nginx:1");
        (await _kubectl.RunAsync("autoscale deployment scaled --min=1 --max=5 --cpu-percent=70")).ShouldContain("scaled");

        (await _kubectl.RunAsync("get hpa scaled")).ShouldMatch(
            @"NAME\s+REFERENCE\s+TARGETS\s+MINPODS\s+MAXPODS\s+REPLICAS\s+AGE\s+scaled\s+Deployment/scaled\s+cpu: <unknown>/70%\s+1\s+5\s+0\s+\d+s");
        (await _kubectl.RunAsync("get horizontalpodautoscalers.v1.autoscaling scaled -o jsonpath={.apiVersion},{.spec.targetCPUUtilizationPercentage}")).ShouldBe("autoscaling/v1,70");
        (await _kubectl.RunAsync("get horizontalpodautoscalers.v2.autoscaling scaled -o jsonpath={.apiVersion},{.spec.metrics[0].resource.name}")).ShouldBe("autoscaling/v2,cpu");
        await _kubectl.RunAsync("""patch horizontalpodautoscalers.v1.autoscaling scaled --type merge -p {\"spec\":{\"targetCPUUtilizationPercentage\":55}}""");
        (await _kubectl.RunAsync("get hpa scaled -o jsonpath={.spec.metrics[0].resource.target.averageUtilization}")).ShouldBe("55");
    }

    [Theory]
    [InlineData("autoscaling/v1", "targetCPUUtilizationPercentage: 60")]
    [InlineData("autoscaling/v2", "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]")]
    public async Task Apply_OfAutoscalerInAnyVersion_IsUnchangedTheSecondTime(string version, string target)
    {
        var name = version.Replace('/', '-');
        var manifest =
            $"apiVersion: {version}\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: {name}\nspec:\n  maxReplicas: 3\n  minReplicas: 1\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: web\n  {target}\n";
        (await _kubectl.RunAsync("apply -f -", manifest)).ShouldContain("created");
        (await _kubectl.RunAsync("apply -f -", manifest)).ShouldContain("unchanged");
        (await _kubectl.RunAsync($"get hpa {name} -o jsonpath={{.spec.metrics[0].resource.target.averageUtilization}}")).ShouldBe("60");
    }

    [Fact]
    public async Task Explain_OfEachVersion_ListsItsFields()
    {
        (await _kubectl.RunAsync("explain hpa.spec --api-version=autoscaling/v1")).ShouldContain("targetCPUUtilizationPercentage");
        (await _kubectl.RunAsync("explain hpa.spec --api-version=autoscaling/v2")).ShouldContain("behavior");
    }
}
