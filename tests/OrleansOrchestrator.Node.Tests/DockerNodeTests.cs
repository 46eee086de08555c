using System.Text;
using Docker.DotNet.Models;
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
    public async Task Pod_TwoContainers_ShareNetworkAndVolumeAndEndOnDelete()
    {
        docker.SkipIfAbsent();
        await using (var node = await TestNode.StartAsync(RuntimeKind.Docker))
        {
            var pod = TestPods.Shell("a", "trap 'exit 0' TERM; echo shared >/tmp/page; httpd -p 127.0.0.1:8000 -h /tmp; while :; do sleep 0.1; done", image: DockerMachine.Image);
            var reader = TestPods.Container("reader", "until wget -q -O /shared/got http://127.0.0.1:8000/page; do sleep 0.1; done; cat /shared/got; hostname; cat /etc/hosts; trap 'exit 0' TERM; while :; do sleep 0.1; done", DockerMachine.Image);
            reader.VolumeMounts = [new V1VolumeMount { Name = "scratch", MountPath = "/shared" }];
            pod.Spec.Containers.Add(reader);
            pod.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource() }];
            node.Put(pod);

            var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
            running.Status.PodIP.ShouldStartWith("172.");
            TestPods.Status(running)!.ContainerID.ShouldStartWith("docker://");
            TestPods.Status(running)!.ImageID.ShouldStartWith("docker");
            var log = await Eventually.AnswersAsync(() => LogOfAsync(node, running, "reader", running.Status.PodIP), "the reader has read");
            log.ShouldStartWith("shared\na\n# Kubernetes-managed hosts file.");
            await Eventually.HoldsAsync(
                () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Count(e => e.Reason is "Pulled" or "Created" or "Started") == 6, "all events are there");

            node.Delete("a", 5);
            await Eventually.HoldsAsync(() => node.Pod("a") is null, "the pod is gone", within: TimeSpan.FromSeconds(30));
            (await DockerMachine.ContainersOfAsync(docker.Client, node)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Daemon_Restarted_KeepsContainersAndCounts()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        var pod = TestPods.Shell("a", "test -f /data/once && while :; do sleep 0.1; done; touch /data/once; exit 3", image: DockerMachine.Image);
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "data", MountPath = "/data" }];
        pod.Spec.Volumes = [new V1Volume { Name = "data", EmptyDir = new V1EmptyDirVolumeSource() }];
        node.Put(pod);
        var before = await node.PodAsync("a", p => TestPods.Status(p)?.RestartCount == 1 && TestPods.IsReady(p), "it was restarted", 60);

        await node.StopAgentAsync();
        await node.StartAgentAsync();

        await Eventually.HoldsAsync(() => node.Agent.Pods.Workers.Any(w => w.Reported is not null), "it is reported again");
        var after = node.Pod("a")!;
        TestPods.Status(after)!.RestartCount.ShouldBe(1);
        TestPods.Status(after)!.ContainerID.ShouldBe(TestPods.Status(before)!.ContainerID);
        TestPods.Status(after)!.LastState.Terminated.ExitCode.ShouldBe(3);
        after.Status.PodIP.ShouldBe(before.Status.PodIP);
    }

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
    public async Task Container_KilledBehindTheDaemonsBack_IsRestartedAndCounted()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);

        var id = TestPods.Status(pod)!.ContainerID["docker://".Length..];
        await docker.Client.Containers.KillContainerAsync(id, new ContainerKillParameters { Signal = "SIGKILL" }, TestContext.Current.CancellationToken);

        var after = await node.PodAsync("a", p => TestPods.Status(p)?.RestartCount == 1 && TestPods.IsReady(p), "it was restarted", 60);
        TestPods.Status(after)!.LastState.Terminated.ExitCode.ShouldBe(137);
    }

    [Fact]
    public async Task Image_NotThere_ErrsThenBacksOff()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker, o => o with { RestartDelay = TimeSpan.FromSeconds(30), RestartDelayMax = TimeSpan.FromMinutes(5) });
        node.Put(TestPods.Shell("pulled", "true", image: "127.0.0.1:1/none/such:1"));
        var never = TestPods.Shell("never", "true", image: "none/such:1");
        never.Spec.Containers[0].ImagePullPolicy = "Never";
        node.Put(never);

        var pulled = await node.PodAsync("pulled", p => TestPods.Status(p)?.State?.Waiting?.Reason == "ImagePullBackOff", "it backs off", 60);
        TestPods.Status(pulled)!.State.Waiting.Message.ShouldBe("Back-off pulling image \"127.0.0.1:1/none/such:1\"");
        await node.PodAsync("never", p => TestPods.Status(p)?.State?.Waiting?.Reason == "ErrImageNeverPull", "it says so", 60);
        await Eventually.HoldsAsync(() => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(e => e.Message == "Error: ErrImagePull"), "the event is there");
    }

    [Fact]
    public async Task Container_OfEveryEnd_IsReportedAsTheKubeletDoes()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Put(TestPods.Shell("good", "exit 0", "Never", DockerMachine.Image));
        node.Put(TestPods.Shell("bad", "exit 5", "Never", DockerMachine.Image));
        var cannot = TestPods.Shell("cannot", "", "Never", DockerMachine.Image);
        cannot.Spec.Containers[0].Command = ["/no/such/program"];
        node.Put(cannot);

        var good = await node.PodAsync("good", p => p.Status.Phase == "Succeeded", "good has succeeded", 60);
        TestPods.Status(good)!.State.Terminated.Reason.ShouldBe("Completed");
        var bad = await node.PodAsync("bad", p => p.Status.Phase == "Failed", "bad has failed", 60);
        TestPods.Status(bad)!.State.Terminated.ExitCode.ShouldBe(5);
        var none = await node.PodAsync("cannot", p => p.Status.Phase == "Failed", "cannot has failed", 60);
        TestPods.Status(none)!.State.Terminated.Reason.ShouldBe("ContainerCannotRun");
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

    [Fact]
    public async Task Exec_InAContainer_ReturnsCodeAndOutput()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        var id = TestPods.Status(running)!.ContainerID["docker://".Length..];
        var token = TestContext.Current.CancellationToken;

        var result = await node.Agent.Runtime.ExecAsync(id, ["sh", "-c", "echo out; exit 4"], TimeSpan.FromSeconds(10), token);
        var slow = await node.Agent.Runtime.ExecAsync(id, ["sleep", "20"], TimeSpan.FromMilliseconds(500), token);

        result.ShouldBe(new ExecResult(4, "out\n"));
        slow.TimedOut.ShouldBeTrue();
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
