using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>What a pod sees of its node, the same on every engine that runs images.</summary>
public sealed class EngineNodeTests(DockerMachine docker, ContainerdMachine containerd)
{
    public enum EngineKind
    {
        Docker,
        Containerd,
        Fake,
    }

    private const string Idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

    /// <summary>Engines that isolate containers.</summary>
    public static TheoryData<EngineKind> RealEngines => [EngineKind.Docker, EngineKind.Containerd];

    /// <summary>All engines, and the scripted one of the tests of faults.</summary>
    public static TheoryData<EngineKind> Engines => [EngineKind.Docker, EngineKind.Containerd, EngineKind.Fake];

    [Theory]
    [MemberData(nameof(RealEngines))]
    public async Task Pod_TwoContainers_ShareNetworkAndVolumeAndEndOnDelete(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
        var pod = TestPods.Shell("a", "trap 'exit 0' TERM; echo shared >/tmp/page; httpd -p 127.0.0.1:8000 -h /tmp; while :; do sleep 0.1; done", image: DockerMachine.Image);
        var reader = TestPods.Container("reader", "until wget -q -O /shared/got http://127.0.0.1:8000/page; do sleep 0.1; done; cat /shared/got; hostname; cat /etc/hosts; trap 'exit 0' TERM; while :; do sleep 0.1; done", DockerMachine.Image);
        reader.VolumeMounts = [new V1VolumeMount { Name = "scratch", MountPath = "/shared" }];
        pod.Spec.Containers.Add(reader);
        pod.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource() }];
        node.Put(pod);

        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        running.Status.PodIP.ShouldMatch(@"^(172|10)\.");
        TestPods.Status(running)!.ContainerID.ShouldStartWith($"{node.Agent.Runtime.Scheme}://");
        TestPods.Status(running)!.ImageID.ShouldNotBeEmpty();
        var log = await Eventually.AnswersAsync(() => LogOfAsync(node, running, "reader", running.Status.PodIP), "the reader has read");
        log.ShouldStartWith("shared\na\n# Kubernetes-managed hosts file.");
        await Eventually.HoldsAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Count(e => e.Reason is "Pulled" or "Created" or "Started") == 6, "all events are there");

        node.Delete("a", 5);
        await Eventually.HoldsAsync(() => node.Pod("a") is null, "the pod is gone", within: TimeSpan.FromSeconds(30));
        (await node.Agent.Runtime.ListAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Daemon_Restarted_KeepsContainersAndCounts(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
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

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Container_KilledBehindTheDaemonsBack_IsRestartedAndCounted(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
        var mark = Guid.NewGuid().ToString("N");
        node.Put(TestPods.Shell("a", $": {mark}; {Idle}", image: DockerMachine.Image));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);

        using (var process = System.Diagnostics.Process.GetProcessById(await ProcessTable.ProgramAsync(mark)))
            process.Kill();

        var after = await node.PodAsync("a", p => TestPods.Status(p)?.RestartCount == 1 && TestPods.IsReady(p), "it was restarted", 60);
        TestPods.Status(after)!.LastState.Terminated.ExitCode.ShouldBe(137);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Image_NotThere_ErrsThenBacksOff(EngineKind engine)
    {
        await using var node = await StartAsync(engine, o => o with { RestartDelay = TimeSpan.FromSeconds(30), RestartDelayMax = TimeSpan.FromMinutes(5) });
        node.Put(TestPods.Shell("pulled", "true", image: "127.0.0.1:1/none/such:1"));
        var never = TestPods.Shell("never", "true", image: "none/such:1");
        never.Spec.Containers[0].ImagePullPolicy = "Never";
        node.Put(never);

        var pulled = await node.PodAsync("pulled", p => TestPods.Status(p)?.State?.Waiting?.Reason == "ImagePullBackOff", "it backs off", 60);
        TestPods.Status(pulled)!.State.Waiting.Message.ShouldStartWith("Back-off pulling image \"127.0.0.1:1/none/such:1\": ErrImagePull: ");
        await node.PodAsync("never", p => TestPods.Status(p)?.State?.Waiting?.Reason == "ErrImageNeverPull", "it says so", 60);
        await Eventually.HoldsAsync(() => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(e => e.Message == "Error: ErrImagePull"), "the event is there");
        node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Where(e => e.Reason == "Pulling").Select(e => (e.InvolvedObject.Name, e.Message)).ShouldBe(
            [("pulled", "Pulling image \"127.0.0.1:1/none/such:1\"")], "what is never pulled tells of no pull");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Container_WhoseImageIsHere_NeedsNoPullSecret(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
        using var away = node.Api.Hang("api/v1/namespaces/default/secrets/");
        var pod = TestPods.Shell("a", Idle, image: DockerMachine.Image);
        pod.Spec.ImagePullSecrets = [new V1LocalObjectReference { Name = "pull" }];
        node.Put(pod);

        await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").ShouldNotContain(one => one.Reason == "FailedToRetrieveImagePullSecret");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Container_OfEveryEnd_IsReportedAsTheKubeletDoes(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
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

    [Theory]
    [MemberData(nameof(RealEngines))]
    public async Task Container_WithLimitsAndSecurity_RunsUnderThem(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
        var pod = TestPods.Shell("a", "id; { echo x >/root-is-writable; } 2>/dev/null || echo read-only; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; echo end; while :; do sleep 0.1; done", image: DockerMachine.Image);
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements
        {
            Limits = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("500m"), ["memory"] = new("64Mi") },
        };
        pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { RunAsUser = 1234, RunAsGroup = 2345, ReadOnlyRootFilesystem = true };
        node.Put(pod);

        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        var log = await Eventually.AnswersAsync(() => LogOfAsync(node, running, "main", "end"), "it has written");
        log.ShouldContain("uid=1234 gid=2345");
        log.ShouldContain("read-only");
        log.ShouldContain("67108864");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Exec_InAContainer_ReturnsCodeAndOutput(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
        node.Put(TestPods.Shell("a", Idle, image: DockerMachine.Image));
        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        var id = IdOf(node, running, "main");
        var token = TestContext.Current.CancellationToken;

        var result = await node.Agent.Runtime.ExecAsync(id, ["sh", "-c", "echo out; exit 4"], TimeSpan.FromSeconds(10), token);
        var slow = await node.Agent.Runtime.ExecAsync(id, ["sleep", "20"], TimeSpan.FromSeconds(1), token);

        result.ShouldBe(new ExecResult(4, "out\n"));
        slow.TimedOut.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Log_Queried_IsThePartThatWasAskedFor(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
        var pod = TestPods.Shell("a", "echo one; echo two; echo three; sleep 2; echo four; until test -e /data/end; do sleep 0.1; done; echo five", "Never", DockerMachine.Image);
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "data", MountPath = "/data" }];
        pod.Spec.Volumes = [new V1Volume { Name = "data", EmptyDir = new V1EmptyDirVolumeSource() }];
        node.Put(pod);
        var running = await node.PodAsync("a", p => TestPods.Status(p)?.State?.Running is not null, "it runs", 60);
        var id = IdOf(node, running, "main");
        await Eventually.HoldsAsync(async () => await QueryAsync(node, id, new LogQuery()) is var text && text.Contains("four", StringComparison.Ordinal), "all of it is there");

        (await QueryAsync(node, id, new LogQuery())).ShouldBe("one\ntwo\nthree\nfour\n");
        (await QueryAsync(node, id, new LogQuery { TailLines = 2 })).ShouldBe("three\nfour\n");
        (await QueryAsync(node, id, new LogQuery { TailLines = 0 })).ShouldBeEmpty();
        var stamped = (await QueryAsync(node, id, new LogQuery { Timestamps = true })).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var times = stamped.Select(line => DateTimeOffset.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        stamped.Select(line => line.Split(' ')[1]).ShouldBe(["one", "two", "three", "four"]);
        (await QueryAsync(node, id, new LogQuery { Since = times[3] - TimeSpan.FromSeconds(1) })).ShouldBe("four\n");

        var following = QueryAsync(node, id, new LogQuery { Follow = true, TailLines = 1 });
        await node.Agent.Runtime.ExecAsync(id, ["touch", "/data/end"], TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        (await following).ShouldBe("four\nfive\n");
    }

    // Docker wants capabilities that a machine which is itself confined does not have.
    [Fact]
    public async Task Pod_WithAPrivilegedContainer_RunsOnContainerd()
    {
        await using var node = await StartAsync(EngineKind.Containerd);
        var pod = TestPods.Shell("a", $"cat /proc/self/status; {Idle}", image: DockerMachine.Image);
        pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { Privileged = true };
        pod.Spec.Containers.Add(TestPods.Container("usual", $"cat /proc/self/status; {Idle}", DockerMachine.Image));
        node.Put(pod);

        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        var all = await Eventually.AnswersAsync(() => LogOfAsync(node, running, "main", "CapEff"), "it has written");
        var usual = await Eventually.AnswersAsync(() => LogOfAsync(node, running, "usual", "CapEff"), "it has written");
        CapabilitiesIn(all).ShouldBeGreaterThan(CapabilitiesIn(usual));

        static int CapabilitiesIn(string status) => System.Numerics.BitOperations.PopCount(
            ulong.Parse(status.Split("CapEff:")[1].Split('\n')[0].Trim(), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Session_LeftInTheMiddleOfItsOutput_CanBeDisposedOf(EngineKind engine)
    {
        await using var node = await StartAsync(engine);
        node.Put(TestPods.Shell("a", Idle, image: DockerMachine.Image));
        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var session = await node.Agent.Runtime.OpenExecAsync(
            IdOf(node, running, "main"), new() { Command = ["cat", "/dev/zero"], Stdout = true }, TestContext.Current.CancellationToken);
        var looks = 0;
        var copying = session.CopyOutputAsync(async (_, _, token) => await Task.Delay(Timeout.Infinite, token), stop.Token);

        // By then nothing more fits anywhere.
        await Eventually.HoldsAsync(() => ++looks > 20, "the output is stuck");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(copying);
        await session.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private async Task<TestNode> StartAsync(EngineKind engine, Func<NodeAgentOptions, NodeAgentOptions>? adjust = null)
    {
        switch (engine)
        {
            case EngineKind.Docker:
                docker.SkipIfAbsent();
                return await TestNode.StartAsync(RuntimeKind.Docker, adjust);
            case EngineKind.Containerd:
                await containerd.RequireAsync();
                return await TestNode.StartAsync(RuntimeKind.Containerd, options => (adjust ?? (same => same))(options with { ContainerRuntimeEndpoint = containerd.Endpoint }));
            default:
                return await TestNode.StartAsync(FakeEngine.Start(), adjust);
        }
    }

    private static string IdOf(TestNode node, V1Pod pod, string container) => TestPods.Status(pod, container)!.ContainerID[$"{node.Agent.Runtime.Scheme}://".Length..];

    /// <summary>The log of a container once it contains a text.</summary>
    private static async Task<string?> LogOfAsync(TestNode node, V1Pod pod, string container, string part) =>
        await QueryAsync(node, IdOf(node, pod, container), new LogQuery()) is var text && text.Contains(part, StringComparison.Ordinal) ? text : null;

    private static async Task<string> QueryAsync(TestNode node, string id, LogQuery query)
    {
        using var output = new MemoryStream();
        await node.Agent.Runtime.CopyLogsAsync(id, query, output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
