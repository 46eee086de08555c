using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using k8s.Models;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>What containers are started with.</summary>
public sealed class PodStartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pod-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>As the kubelet: what the node needs goes last, and a sidecar not before the containers that it serves.</summary>
    [Theory]
    [InlineData("system-node-critical", 2_000_001_000, null, null, -997)]
    [InlineData("system-cluster-critical", 2_000_000_000, null, null, 1000)]
    [InlineData(null, 0, null, null, 1000)]
    [InlineData(null, 0, "512Mi", null, 500)]
    [InlineData(null, 0, "256Mi", "512Mi", 500)]
    [InlineData(null, 0, "512Mi", "256Mi", 500)]
    public void OomScore_OfAContainer_IsTheKubelets(string? priorityClass, int priority, string? request, string? requestOfOther, int score)
    {
        var pod = TestPods.Shell("a", "");
        (pod.Spec.PriorityClassName, pod.Spec.Priority) = (priorityClass, priority);
        var container = pod.Spec.Containers[0];
        if (requestOfOther is not null)
        {
            container = TestPods.Container("sidecar", "", "i");
            container.RestartPolicy = "Always";
            pod.Spec.InitContainers = [container];
            pod.Spec.Containers[0].Resources = Requesting(requestOfOther);
        }

        if (request is not null)
            container.Resources = Requesting(request);

        QualityOfService.OomScoreAdjust(pod, container, 1L << 30).ShouldBe(score);
    }

    /// <summary>Only the pod's probes probe.</summary>
    [Fact]
    public void Docker_IsToldToRunNoHealthCheckOfTheImage()
    {
        var sandbox = new PodSandbox { Id = "s", PodUid = "u", PodName = "a", PodNamespace = "default" };
        var spec = new ContainerSpec { Name = "main", Attempt = 0, Image = "i", ImageId = "i", PodDirectory = "/tmp" };

        CreateParameters.OfContainer(new ContainerOwner("n", "c"), sandbox, spec, null, allowNegativeOom: true).Healthcheck.ShouldNotBeNull().Test.ShouldBe(["NONE"]);
    }

    [Theory]
    [InlineData("windows", null, "PodOSNotSupported")]
    [InlineData("linux", null, null)]
    [InlineData(null, "windows", "PodOSSelectorNodeLabelDoesNotMatch")]
    [InlineData(null, "linux", null)]
    public void Pod_OfAnotherSystem_IsRejected(string? os, string? selected, string? reason)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Os = os is null ? null : new V1PodOS { Name = os };
        pod.Spec.NodeSelector = selected is null ? null : new Dictionary<string, string> { ["kubernetes.io/os"] = selected };
        var runtime = StubRuntime.With(new Dictionary<string, Func<object?[], object?>> { ["StartsInstantly"] = _ => false, ["HasImages"] = _ => true });

        UnsupportedFields.Refuse(pod, runtime)?.Reason.ShouldBe(reason);
        (UnsupportedFields.Refuse(pod, runtime) is null).ShouldBe(reason is null);
    }

    /// <summary>A relative path counts from the root, as with the kubelet.</summary>
    [Theory]
    [InlineData("data", "/data")]
    [InlineData("/data/", "/data/")]
    public async Task MountPath_IsAbsolute(string path, string target)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource() }];
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "scratch", MountPath = path }];
        var environment = new EnvironmentBuilder(null!, new ResourceField(new Dictionary<string, ResourceQuantity>()), new ServiceEnvironment(1024, (_, _) => { }));
        var builder = new ContainerSpecBuilder(environment, new NoServices(), new SecurityBuilder(_folder, seccompDefault: false), 1_000_000);

        var spec = await builder.BuildAsync(
            pod, new ContainerStart(pod.Spec.Containers[0], 0, null), new ImageResult("id", null, ""), new Dictionary<string, string> { ["scratch"] = _folder }, _folder, TestContext.Current.CancellationToken);

        spec.Mounts.Single().Target.ShouldBe(target);
    }

    /// <summary>Running containers read the file while another one of their pod starts.</summary>
    [Fact]
    public async Task ShownFile_WrittenAgainAndAgain_IsNeverFoundEmpty()
    {
        var path = Path.Combine(_folder, "resolv.conf");
        ShownFile.Write(path, "nameserver 192.0.2.1\n");
        using var end = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                    File.ReadAllText(path).ShouldStartWith("nameserver 192.0.2.");
            },
            CancellationToken.None);

        for (var i = 0; i < 2000; i++)
            ShownFile.Write(path, i % 3 == 0 ? "nameserver 192.0.2.1\n" : "nameserver 192.0.2.2\noptions ndots:5\n");
        await end.CancelAsync();
        await reader;

        ShownFile.Write(path, "nameserver 192.0.2.1\n");
        File.ReadAllText(path).ShouldBe("nameserver 192.0.2.1\n");
        var written = File.GetLastWriteTimeUtc(path);
        ShownFile.Write(path, "nameserver 192.0.2.1\n");
        File.GetLastWriteTimeUtc(path).ShouldBe(written);
    }

    private static V1ResourceRequirements Requesting(string memory) => new() { Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new(memory) } };
}
