using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class DockerNodeTests(DockerMachine docker)
{
    [Fact]
    public async Task Folder_ThatTheDaemonMayNotRemove_IsRemovedByTheEngineWithoutWhatIsMountedInIt()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        var runtime = (DockerRuntime)node.Agent.Runtime;
        var parent = Directory.CreateTempSubdirectory("node-folder-").FullName;
        var (folder, precious) = (Path.Combine(parent, "removed"), Path.Combine(parent, "precious"));
        Directory.CreateDirectory(Path.Combine(folder, "of-root", "in"));
        Directory.CreateDirectory(precious);
        await File.WriteAllTextAsync(Path.Combine(precious, "file"), "", TestContext.Current.CancellationToken);
        Directory.CreateSymbolicLink(Path.Combine(folder, "link"), precious);
        if (Environment.IsPrivilegedProcess)
        {
            var place = Directory.CreateDirectory(Path.Combine(folder, "place")).FullName;
            using var source = FileCalls.Open(precious, FileCalls.PathOnly);
            Mounts.TryBind(source, place).ShouldBeTrue();
        }

        await runtime.RemoveFolderAsync(folder, TestContext.Current.CancellationToken);

        Directory.Exists(folder).ShouldBeFalse();
        File.Exists(Path.Combine(precious, "file")).ShouldBeTrue();
        (await DockerMachine.ContainersOfAsync(docker.Client, node)).ShouldBeEmpty();
        Directory.Delete(parent, recursive: true);
    }

    [Fact]
    public async Task Command_ThatOutlivesItsCaller_IsKilled()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        var running = await node.PodAsync("a", TestPods.IsReady, "it runs", 60);
        var (runtime, id) = (node.Agent.Runtime, TestPods.Status(running)!.ContainerID["docker://".Length..]);
        var token = TestContext.Current.CancellationToken;

        (await runtime.ExecAsync(id, ["sleep", "4242"], TimeSpan.FromMilliseconds(300), token)).TimedOut.ShouldBeTrue();
        using var givenUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Should.ThrowAsync<OperationCanceledException>(() => runtime.ExecAsync(id, ["sh", "-c", "sleep 4242; true"], TimeSpan.FromMinutes(1), givenUp.Token));
        var closed = await runtime.ExecAsync(id, ["sh", "-c", "exec >&- 2>&-; sleep 0.5; exit 7"], TimeSpan.FromMinutes(1), token);

        closed.ExitCode.ShouldBe(7);
        await Eventually.HoldsAsync(
            async () => !(await runtime.ExecAsync(id, ["ps"], TimeSpan.FromMinutes(1), token)).Output.Contains("4242", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Clusters_OnOneEngineWithNodesOfOneName_LeaveEachOthersPodsAlone()
    {
        docker.SkipIfAbsent();
        await using var first = await TestNode.StartAsync(RuntimeKind.Docker);
        first.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        var before = await first.PodAsync("a", TestPods.IsReady, "the pod of the first cluster is ready", 60);

        await using (var second = await TestNode.StartAsync(RuntimeKind.Docker, o => o with { Name = first.Options.Name }))
        {
            second.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
            await second.PodAsync("a", TestPods.IsReady, "the pod of the second cluster is ready", 60);
            await second.StopAgentAsync();
            await second.StartAgentAsync();
            await Eventually.HoldsAsync(() => second.Agent.Pods.Workers.Any(w => w.Reported is not null), "the second daemon has seen all that is its own");
        }

        (await DockerMachine.ContainersOfAsync(docker.Client, first)).Count(c => c.State == "running").ShouldBe(2);
        TestPods.Status(first.Pod("a")!)!.ContainerID.ShouldBe(TestPods.Status(before)!.ContainerID);
        TestPods.Status(first.Pod("a")!)!.RestartCount.ShouldBe(0);
    }

    [Fact]
    public async Task Daemon_StartedWhileTheApiIsAway_KnowsItsClusterFromDisk()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);

        await node.StopAgentAsync();
        await node.Api.PauseAsync();
        await node.StartAgentAsync();

        (await node.Agent.Runtime.ListAsync(TestContext.Current.CancellationToken)).ShouldHaveSingleItem().Containers.ShouldHaveSingleItem();
        await node.Api.ResumeAsync();
    }

    [Fact]
    public async Task Daemon_MovedToAnotherCluster_RemovesWhatItRanForTheFormerOne()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);

        await node.StopAgentAsync();
        var path = "api/v1/namespaces/kube-system";
        node.Api.Change(path, ns => ns["metadata"]!["uid"] = Guid.NewGuid().ToString());
        node.Api.Remove(TestNode.PathOf("a"));
        await node.StartAgentAsync();

        (await DockerMachine.ContainersOfAsync(docker.Client, node)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Container_Measured_TellsTheSameByTheKernelAndByTheEngine()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Put(TestPods.Shell("a", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; touch /tmp/done; while :; do sleep 60; done", image: DockerMachine.Image));
        var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        var id = TestPods.Status(pod)!.ContainerID["docker://".Length..];
        var token = TestContext.Current.CancellationToken;
        await Eventually.HoldsAsync(async () => (await node.Agent.Runtime.ExecAsync(id, ["test", "-e", "/tmp/done"], TimeSpan.FromSeconds(5), token)).ExitCode == 0, "it has used some time");

        var byRuntime = (await node.Agent.Runtime.MeasureAsync([(await node.Agent.Runtime.InspectAsync(pod.Metadata.Uid, token))!], token))[id];
        var byEngine = (await DockerStats.ReadAsync(docker.Client, id, token)).ShouldNotBeNull();

        byRuntime.CpuNanoseconds.ShouldBeGreaterThan(1_000_000);
        byEngine.CpuNanoseconds.ShouldBeInRange(byRuntime.CpuNanoseconds / 2, 2 * byRuntime.CpuNanoseconds);
        byRuntime.WorkingSetBytes.ShouldBeGreaterThan(10_000);
        byEngine.WorkingSetBytes.ShouldBeInRange(byRuntime.WorkingSetBytes / 4, 4 * byRuntime.WorkingSetBytes);
    }

    [Fact]
    public async Task Container_WithLimitsAndSecurity_RunsUnderThem()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        var pod = TestPods.Shell("a", "id; { echo x >/root-is-writable; } 2>/dev/null || echo read-only; cat /config/..data/key /config/sub/other; while :; do sleep 0.1; done", image: DockerMachine.Image);
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements
        {
            Limits = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("500m"), ["memory"] = new("64Mi") },
        };
        pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { RunAsUser = 1234, RunAsGroup = 2345, ReadOnlyRootFilesystem = true };
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "config", MountPath = "/config" }];
        pod.Spec.Volumes =
        [
            new V1Volume
            {
                Name = "config",
                ConfigMap = new V1ConfigMapVolumeSource { Name = "settings", Items = [new V1KeyToPath { Key = "k1", Path = "key" }, new V1KeyToPath { Key = "k2", Path = "sub/other" }] },
            },
        ];
        node.Api.Put("api/v1/namespaces/default/configmaps/settings", new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = "settings", NamespaceProperty = "default" },
            Data = new Dictionary<string, string> { ["k1"] = "one\n", ["k2"] = "two\n" },
        });
        node.Put(pod);

        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        var log = await Eventually.AnswersAsync(() => LogOfAsync(node, running, "main", "two"), "it has written");
        log.ShouldContain("uid=1234 gid=2345");
        log.ShouldContain("read-only");
        log.ShouldContain("one\ntwo\n");
        var id = TestPods.Status(running)!.ContainerID["docker://".Length..];
        var details = await docker.Client.Containers.InspectContainerAsync(id, TestContext.Current.CancellationToken);
        details.HostConfig!.Memory.ShouldBe(64 * 1024 * 1024);
        details.HostConfig.CPUQuota.ShouldBe(50_000);
    }

    /// <summary>The log of a container once it contains a text.</summary>
    private static async Task<string?> LogOfAsync(TestNode node, V1Pod pod, string container, string part)
    {
        using var output = new MemoryStream();
        var id = TestPods.Status(pod, container)!.ContainerID["docker://".Length..];
        await node.Agent.Runtime.CopyLogsAsync(id, new LogQuery(), output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray()) is var text && text.Contains(part, StringComparison.Ordinal) ? text : null;
    }
}
