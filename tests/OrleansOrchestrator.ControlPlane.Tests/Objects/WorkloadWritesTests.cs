using System.Text;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

public sealed class WorkloadWritesTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Job_Created_IsFoundByItsOwnUid()
    {
        var job = await Api.CreateAsync(new V1Job
        {
            Metadata = new V1ObjectMeta { GenerateName = "pi-", NamespaceProperty = _space },
            Spec = new V1JobSpec { Template = Template("Never") },
        });

        job.Spec.Selector.MatchLabels.ShouldBe(new Dictionary<string, string> { ["batch.kubernetes.io/controller-uid"] = job.Metadata.Uid });
        job.Spec.Template.Metadata.Labels["batch.kubernetes.io/job-name"].ShouldBe(job.Metadata.Name);
        job.Metadata.Labels["controller-uid"].ShouldBe(job.Metadata.Uid);
        job.Metadata.Generation.ShouldBe(1);
    }

    [Fact]
    public async Task Deployment_Scaled_HasTheNextGeneration()
    {
        await Api.CreateAsync(Deployment());

        (await Api.PatchAsync<V1Deployment>(_space, "web", PatchType.MergePatch, """{"spec":{"replicas":3}}""")).Metadata.Generation.ShouldBe(2);
        (await Api.PatchAsync<V1Deployment>(_space, "web", PatchType.MergePatch, """{"status":{"collisionCount":1}}""", "status")).Metadata.Generation.ShouldBe(2);
    }

    [Fact]
    public async Task Deployment_WithAnotherSelector_IsRefusedWithItsField()
    {
        await Api.CreateAsync(Deployment());

        var refused = await Should.ThrowAsync<ApiException>(Api.PatchAsync<V1Deployment>(
            _space, "web", PatchType.MergePatch,
            """{"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}}}}}"""));

        refused.Status.Message.ShouldBe(
            "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable");
        refused.Status.Details.Causes.ShouldHaveSingleItem().Field.ShouldBe("spec.selector");
    }

    [Theory]
    [InlineData("system-cluster-critical", 2_000_000_000)]
    [InlineData("system-node-critical", 2_000_001_000)]
    public async Task PriorityClass_OfTheSystem_ExistsInEveryCluster(string name, int value) =>
        (await Api.UntilAsync<V1PriorityClass>("", classes => classes.Exists(one => one.Metadata.Name == name && one.Value == value))).ShouldNotBeEmpty();

    [Fact]
    public async Task Autoscaler_WrittenInTheFirstVersion_KeepsWhatThatDoesNotKnow()
    {
        await Api.CreateAsync(new V2HorizontalPodAutoscaler
        {
            Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = _space },
            Spec = new V2HorizontalPodAutoscalerSpec
            {
                MaxReplicas = 5,
                ScaleTargetRef = new V2CrossVersionObjectReference { Kind = "Deployment", Name = "web" },
                Behavior = new V2HorizontalPodAutoscalerBehavior { ScaleDown = new V2HPAScalingRules { StabilizationWindowSeconds = 9 } },
            },
        });

        var patched = await PatchFirstAsync("""{"spec":{"targetCPUUtilizationPercentage":30}}""");

        var spec = patched.SharedModel<V2HorizontalPodAutoscaler>().Spec;
        spec.Metrics.ShouldHaveSingleItem().Resource.Target.AverageUtilization.ShouldBe(30);
        spec.Behavior.ScaleDown.StabilizationWindowSeconds.ShouldBe(9);
        (await PatchFirstAsync("""{"metadata":{"labels":null}}""")).Revision.ShouldBe(patched.Revision);
    }

    [Fact]
    public void Body_OfAnotherVersion_IsRefusedUnderAPath()
    {
        var refused = Should.Throw<ApiException>(() => Api.Objects.Decode(
            FirstVersion, """{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler"}"""u8, ApiUser.Options));
        refused.Message.ShouldBe("the API version in the data (autoscaling/v2) does not match the expected API version (autoscaling/v1)");

        var strict = ApiUser.Options with { FieldValidation = FieldValidation.Strict };
        Should.Throw<ApiException>(() => Api.Objects.Decode(FirstVersion, """{"spec":{"metrics":[]}}"""u8, strict))
            .Message.ShouldContain("HorizontalPodAutoscaler in version \"v1\"");
    }

    private static ServedVersion FirstVersion => ApiUser.Of<V2HorizontalPodAutoscaler>().Versions.Single(served => served.Version == "v1");

    private Task<Model.Resources.StoredObject> PatchFirstAsync(string patch) => Api.Objects.PatchAsync(
        ApiUser.Ref<V2HorizontalPodAutoscaler>(_space, "web") with { ServedVersion = FirstVersion },
        PatchType.MergePatch, Encoding.UTF8.GetBytes(patch), ApiUser.Options, TestContext.Current.CancellationToken);

    private V1Deployment Deployment() => new()
    {
        Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = _space },
        Spec = new V1DeploymentSpec
        {
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
            Template = Template(null),
        },
    };

    private static V1PodTemplateSpec Template(string? restartPolicy) => new()
    {
        Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "web" } },
        Spec = new V1PodSpec { RestartPolicy = restartPolicy, Containers = [new V1Container { Name = "c", Image = "i" }] },
    };
}
