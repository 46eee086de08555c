using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class ProcessNodeTests
{
    private static int s_index;

    [Fact]
    public async Task Pod_WithAHostPort_IsToldThatItLeadsNowhere()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, options => options with { RecordEvents = null });
        var pod = TestPods.Shell("a", "sleep 100");
        pod.Spec.Containers[0].Ports = [new V1ContainerPort { ContainerPort = 80, HostPort = 8080 }];
        node.Put(pod);

        await node.PodAsync("a", TestPods.IsReady, "it runs");
        var told = await Eventually.AnswersAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").FirstOrDefault(e => e.Reason == "HostPortNotSupported"), "it is told");
        told.InvolvedObject.Name.ShouldBe("a");
    }

    [Fact]
    public async Task Pod_WithLimits_IsToldThatNobodyEnforcesThem()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process);
        var pod = TestPods.Shell("a", "sleep 100");
        var limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("64Mi"), ["cpu"] = new("1"), ["ephemeral-storage"] = new("1Gi") };
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Limits = limits };
        node.Put(pod);

        await node.PodAsync("a", TestPods.IsReady, "it runs");
        var told = await Eventually.AnswersAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").FirstOrDefault(e => e.Reason == "LimitsNotSupported"), "it is told");
        told.Message.ShouldContain("spec.containers[0].resources.limits.cpu, spec.containers[0].resources.limits.memory only counts");
    }

    [Fact]
    public async Task Pods_OnOneHostPort_TheSecondIsRejectedAndOneAfterTheFirstRuns()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process);
        node.Put(OnHostPort("first"));
        await node.PodAsync("first", TestPods.IsReady, "it runs");

        node.Put(OnHostPort("second"));
        var rejected = await node.PodAsync("second", pod => pod.Status.Phase == "Failed", "it is rejected");
        rejected.Status.Reason.ShouldBe("NodePorts");
        rejected.Status.Message.ShouldBe("Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");

        // The first one keeps its place over a restart, though the other is older.
        var older = OnHostPort("older");
        older.Metadata.CreationTimestamp = DateTime.UnixEpoch;
        await node.StopAgentAsync();
        node.Put(older);
        await node.StartAgentAsync();
        await node.PodAsync("older", pod => pod.Status.Phase == "Failed", "it is rejected");
        TestPods.IsReady(node.Pod("first")!).ShouldBeTrue();

        node.Delete("first", 0);
        await Eventually.HoldsAsync(() => node.Pod("first") is null, "it is gone");
        node.Put(OnHostPort("third"));
        await node.PodAsync("third", TestPods.IsReady, "it runs");
    }

    [Fact]
    public async Task Pod_PastItsDeadline_HasItsPlaceUntilItHasEnded()
    {
        await using var node = await StartAsync();
        var pod = OnHostPort("first", "trap '' TERM; echo set; while :; do sleep 0.1; done");
        pod.Spec.TerminationGracePeriodSeconds = 300;
        var path = node.Put(pod);
        var running = await node.PodAsync("first", TestPods.IsReady, "it runs");
        await Eventually.HoldsAsync(() => LogOf(node, running).Contains("set", StringComparison.Ordinal), "it heeds no signal");

        node.Api.Change(path, pod => pod["spec"]!["activeDeadlineSeconds"] = 1);
        var ending = await node.PodAsync("first", p => p.Status.Conditions.Any(c => c.Type == "Ready" && c.Reason == "PodFailed"), "its time is over");
        (ending.Status.Phase, ending.Status.Reason).ShouldBe(("Running", null));
        node.Put(OnHostPort("second"));
        (await node.PodAsync("second", p => p.Status.Phase == "Failed", "it is rejected")).Status.Reason.ShouldBe("NodePorts");

        await node.Agent.KillContainerAsync(TestPods.Status(ending)!.ContainerID, TestContext.Current.CancellationToken);
        var failed = await node.PodAsync("first", p => p.Status.Phase == "Failed", "it has failed");
        failed.Status.Reason.ShouldBe("DeadlineExceeded");
        TestPods.Status(failed)!.State.Terminated.ExitCode.ShouldBe(137);
        node.Put(OnHostPort("third"));
        await node.PodAsync("third", TestPods.IsReady, "it runs");
    }

    [Fact]
    public async Task Pods_ThatWaitForTheApi_KeepNobodyElseFromStarting()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, options => options with { StartsInParallel = 2 });
        using (node.Api.Hang("api/v1/namespaces/default/configmaps/slow"))
        {
            for (var i = 0; i < 4; i++)
            {
                var slow = TestPods.Shell($"slow-{i}", "sleep 100");
                slow.Spec.Containers[0].EnvFrom = [new V1EnvFromSource { ConfigMapRef = new V1ConfigMapEnvSource { Name = "slow" } }];
                node.Put(slow);
            }

            await Eventually.HoldsAsync(() => node.Api.Requests.Count(r => r.EndsWith("/configmaps/slow", StringComparison.Ordinal)) >= 4, "all of them wait");
            node.Put(TestPods.Shell("quick", "sleep 100"));
            await node.PodAsync("quick", TestPods.IsReady, "it runs");
        }
    }

    [Fact]
    public async Task Pod_OfANamespaceWithAnAbsurdService_RunsAndTheServiceIsTold()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, options => options with { RecordEvents = null });
        node.Api.Put("api/v1/namespaces/default/services/absurd", new V1Service
        {
            Metadata = new V1ObjectMeta { Name = "absurd", NamespaceProperty = "default", Uid = "u-absurd" },
            Spec = new V1ServiceSpec { ClusterIP = "127.96.3.3", Ports = [.. Enumerable.Range(1, 20_000).Select(port => new V1ServicePort { Name = $"p{port}", Port = port })] },
        });
        // It starts again and again, so that one of its starts is after the daemon has heard of the service.
        node.Put(TestPods.Shell("restarts", "exit 0"));

        var told = await Eventually.AnswersAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").FirstOrDefault(e => e.Reason == "TooManyVariables"), "the service is told");
        (told.InvolvedObject.Kind, told.InvolvedObject.Name, told.Source.Component).ShouldBe(("Service", "absurd", "kubelet"));
        node.Put(TestPods.Shell("a", "sleep 100"));
        await node.PodAsync("a", TestPods.IsReady, "it runs");
    }

    [Fact]
    public async Task Pod_GivenAConfigMapThatNoProgramTakes_SaysSo()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process);
        node.Api.Put("api/v1/namespaces/default/configmaps/big", new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = "big", NamespaceProperty = "default" },
            Data = new Dictionary<string, string> { ["BIG"] = new('x', 1_000_000) },
        });
        var pod = TestPods.Shell("a", "sleep 100");
        pod.Spec.Containers[0].EnvFrom = [new V1EnvFromSource { ConfigMapRef = new V1ConfigMapEnvSource { Name = "big" } }];
        node.Put(pod);

        var waiting = await node.PodAsync("a", p => TestPods.Status(p)?.State?.Waiting?.Reason == "CreateContainerConfigError", "it says so");
        TestPods.Status(waiting)!.State.Waiting.Message.ShouldContain("environment variable \"BIG\"");
    }

    [Fact]
    public async Task Pod_Deleted_EndsOnSignalAndLeavesNoProcess()
    {
        var mark = Guid.NewGuid().ToString("N");
        await using (var node = await StartAsync())
        {
            node.Put(TestPods.Shell("a", $"trap 'echo bye; exit 7' TERM; echo hello {mark}; while :; do sleep 0.1; done"));
            var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
            pod.Status.PodIP.ShouldStartWith("127.");
            await Eventually.HoldsAsync(() => LogOf(node, pod).Contains(mark, StringComparison.Ordinal), "it has written its log");

            node.Delete("a", 5);
            await Eventually.HoldsAsync(() => node.Pod("a") is null, "the pod is gone");
            node.Api.Requests.ShouldContain($"DELETE /{TestNode.PathOf("a")}");
            ProcessTable.WithArgument(mark).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Pod_Started_SaysNothingOfImages()
    {
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done"));
        var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        await Eventually.HoldsAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(e => e.Reason == "Started"), "the start is told");

        node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Select(e => e.Reason).ShouldNotContain(reason => reason == "Pulled" || reason == "Created");
        TestPods.Status(pod)!.ImageID.ShouldBeEmpty();
        TestPods.Status(pod)!.ContainerID.ShouldStartWith("process://");
    }

    [Fact]
    public async Task Container_IgnoresTheSignal_IsKilledAfterItsGrace()
    {
        var mark = Guid.NewGuid().ToString("N");
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("a", $"trap '' TERM; echo {mark}; while :; do sleep 0.1; done"));
        var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        await Eventually.HoldsAsync(() => LogOf(node, pod).Contains(mark, StringComparison.Ordinal), "it ignores the signal by now");

        var start = TimeProvider.System.GetTimestamp();
        node.Delete("a", 1);
        await Eventually.HoldsAsync(() => node.Pod("a") is null, "the pod is gone");

        TimeProvider.System.GetElapsedTime(start).ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
        ProcessTable.WithArgument(mark).ShouldBeEmpty();
    }

    [Fact]
    public async Task Container_AskedToEnd_TellsItsProgramOnly()
    {
        var told = Path.GetTempFileName();
        await using var node = await StartAsync();
        node.Put(TestPods.Shell(
            "a",
            $"""
            sh -c "trap 'echo child >>{told}' TERM; echo up >>{told}; while :; do sleep 0.1; done" &
            trap 'echo program >>{told}; exit 0' TERM
            while :; do sleep 0.1; done
            """));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        await Eventually.IsAsync(() => File.ReadAllText(told), "up\n", "the child listens");

        node.Delete("a", 5);
        await Eventually.HoldsAsync(() => node.Pod("a") is null, "the pod is gone");
        (await File.ReadAllTextAsync(told, TestContext.Current.CancellationToken)).ShouldBe("up\nprogram\n");
        File.Delete(told);
    }

    [Fact]
    public async Task Daemon_Restarted_AdoptsRunningPodsAndLearnsExitCodes()
    {
        var mark = Guid.NewGuid().ToString("N");
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("stays", $"echo {mark}; while :; do sleep 0.1; done"));
        node.Put(TestPods.Shell("ends", "sleep 1.5; exit 9", "Never"));
        await node.PodAsync("ends", p => TestPods.Status(p)?.State?.Running is not null, "the second runs");
        var before = await node.PodAsync("stays", TestPods.IsReady, "the first is ready");
        await Eventually.HoldsAsync(() => LogOf(node, before).Contains(mark, StringComparison.Ordinal), "its wrapper is done with its start");

        // The wrapper is the oldest; the shell inside forks all the time.
        var process = ProcessTable.WithArgument(mark).Min();

        await node.StopAgentAsync();
        ProcessTable.WithArgument(mark).Min().ShouldBe(process);
        await node.StartAgentAsync();

        var ended = await node.PodAsync("ends", p => p.Status.Phase == "Failed", "the end is known");
        TestPods.Status(ended)!.State.Terminated.ExitCode.ShouldBe(9);
        await Eventually.IsAsync(() => node.Agent.Pods.Workers.Count(w => w.Reported is not null), 2, "both are reported");
        var after = node.Pod("stays")!;
        TestPods.Status(after)!.RestartCount.ShouldBe(0);
        after.Status.PodIP.ShouldBe(before.Status.PodIP);
        TestPods.Status(after)!.State.Running.StartedAt.ShouldBe(TestPods.Status(before)!.State.Running.StartedAt);
        ProcessTable.WithArgument(mark).Min().ShouldBe(process);
    }

    [Fact]
    public async Task Daemon_Restarted_RemovesPodsThatAreGone()
    {
        var mark = Guid.NewGuid().ToString("N");
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("a", $": {mark}; while :; do sleep 0.1; done"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        await Eventually.HoldsAsync(() => ProcessTable.WithArgument(mark).Count > 0, "it runs");

        await node.StopAgentAsync();
        node.Api.Remove(TestNode.PathOf("a"));
        await node.StartAgentAsync();

        await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "its process is gone");
        await Eventually.HoldsAsync(() => !Directory.Exists(Path.Combine(node.Options.DataDirectory, "pods", "a")), "its folder is gone");
    }

    [Fact]
    public async Task Pods_BindTheSamePortOnTheirOwnAddress_BothAnswer()
    {
        await using var node = await StartAsync();
        foreach (var name in new[] { "a", "b" })
        {
            var pod = TestPods.Shell(name, $"cd $VOLUME_PAGES && echo I am {name} >index.html && exec busybox httpd -f -p $POD_IP:18080");
            pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "POD_IP", ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = "status.podIP" } } }];
            pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "pages", MountPath = "/pages" }];
            pod.Spec.Containers[0].ReadinessProbe = new V1Probe { HttpGet = new V1HTTPGetAction { Port = 18080 }, PeriodSeconds = 1 };
            pod.Spec.Volumes = [new V1Volume { Name = "pages", EmptyDir = new V1EmptyDirVolumeSource() }];
            node.Put(pod);
        }

        foreach (var name in new[] { "a", "b" })
        {
            var pod = await node.PodAsync(name, TestPods.IsReady, $"{name} is ready");
            using var client = new HttpClient();
            var answer = await client.GetStringAsync($"http://{pod.Status.PodIP}:18080/", TestContext.Current.CancellationToken);
            answer.ShouldBe($"I am {name}\n");
        }
    }

    [Fact]
    public async Task Container_RefersToAMissingConfigMap_WaitsAndStartsOnceItExists()
    {
        await using var node = await StartAsync();
        var pod = TestPods.Shell("a", "echo $GREETING $COPY; while :; do sleep 0.1; done");
        pod.Spec.Containers[0].Env =
        [
            new V1EnvVar { Name = "GREETING", ValueFrom = new V1EnvVarSource { ConfigMapKeyRef = new V1ConfigMapKeySelector { Name = "settings", Key = "greeting" } } },
            new V1EnvVar { Name = "COPY", Value = "again $(GREETING)" },
        ];
        node.Put(pod);

        // Before it has read the services for the first time, the daemon waits for these.
        var waiting = await node.PodAsync(
            "a",
            p => TestPods.Status(p)?.State?.Waiting is { Reason: "CreateContainerConfigError", Message: var why }
                && !why.StartsWith("services have not yet been read", StringComparison.Ordinal),
            "it waits");
        TestPods.Status(waiting)!.State.Waiting.Message.ShouldBe("configmap \"settings\" not found");
        node.Api.Put("api/v1/namespaces/default/configmaps/settings", new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = "settings", NamespaceProperty = "default" },
            Data = new Dictionary<string, string> { ["greeting"] = "good day" },
        });

        var running = await node.PodAsync("a", TestPods.IsReady, "it runs");
        await Eventually.IsAsync(() => LogOf(node, running), "good day again good day\n", "it saw the value");
    }

    [Fact]
    public async Task Container_HasNoCommand_SaysWhy()
    {
        await using var node = await StartAsync();
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Command = null;
        node.Put(pod);

        var waiting = await node.PodAsync("a", p => TestPods.Status(p)?.State?.Waiting?.Reason == "CreateContainerError", "it waits");
        TestPods.Status(waiting)!.State.Waiting.Message.ShouldContain("has no command");
    }

    [Fact]
    public async Task Api_AwayBeyondTheFencingTime_StopsPodsThatDoNotTolerateIt()
    {
        var (plain, tolerant) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N"));
        await using var node = await StartAsync(o => o with
        {
            LeaseRenewInterval = TimeSpan.FromMilliseconds(250),
            Times = new FencingTimes { FencingTime = TimeSpan.FromSeconds(2) },
        });
        foreach (var (name, mark, seconds) in new[] { ("plain", plain, (long?)5), ("tolerant", tolerant, null) })
        {
            var pod = TestPods.Shell(name, $": {mark}; while :; do sleep 0.1; done");
            pod.Spec.Tolerations = [new V1Toleration { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", Effect = "NoExecute", TolerationSeconds = seconds }];
            node.Put(pod);
            await node.PodAsync(name, TestPods.IsReady, $"{name} is ready");
        }

        await node.Api.PauseAsync();
        await Eventually.IsAsync(() => ProcessTable.WithArgument(plain).Count, 0, "the plain pod is stopped", within: TimeSpan.FromSeconds(6));
        node.SinceRenewal.ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
        ProcessTable.WithArgument(tolerant).ShouldNotBeEmpty();

        await node.Api.ResumeAsync();
        await node.PodAsync("plain", p => TestPods.Status(p)?.RestartCount == 1 && TestPods.IsReady(p), "it runs again");
        TestPods.Status(node.Pod("tolerant")!)!.RestartCount.ShouldBe(0);
    }

    [Fact]
    public async Task Probes_LivenessFails_RestartsAndReadinessFollows()
    {
        var file = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        await using var node = await StartAsync();
        var pod = TestPods.Shell("a", $"touch {file}; while :; do sleep 0.1; done");
        pod.Spec.Containers[0].ReadinessProbe = Probe("test", "-f", file);
        pod.Spec.Containers[0].LivenessProbe = Probe("test", "-f", file);
        node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");

        File.Delete(file);

        await node.PodAsync("a", p => TestPods.Status(p)?.RestartCount == 1 && TestPods.IsReady(p), "it was restarted");
        File.Delete(file);
        await Eventually.HoldsAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(e => e.Message == "Container main failed liveness probe, will be restarted"),
            "the event says why");
    }

    [Fact]
    public async Task Pod_WithAnUnsafeSysctl_FailsAndNothingOfItRuns()
    {
        await using var node = await StartAsync();
        var pod = TestPods.Shell("a", "true");
        pod.Spec.SecurityContext = new V1PodSecurityContext { Sysctls = [new V1Sysctl { Name = "kernel.msgmax", Value = "1" }] };
        node.Put(pod);

        var failed = await node.PodAsync("a", p => p.Status.Phase == "Failed", "it has failed");

        failed.Status.Reason.ShouldBe("SysctlForbidden");
        failed.Status.Message.ShouldBe("Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted");
        (await node.Agent.Runtime.ListAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Container_RunsAsAnotherUser_ItsEnvironmentTouchesOnlyItself()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can change the user.");
        var folder = Directory.CreateTempSubdirectory("node-path-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        foreach (var tool in new[] { "cut", "mv", "setpriv", "cat" })
        {
            var path = Path.Combine(folder, tool);
            await File.WriteAllTextAsync(path, $"#!/bin/sh\nid -u >>{folder}/who\nexec /usr/bin/{tool} \"$@\"\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }

        await using var node = await StartAsync();
        var pod = TestPods.Shell("a", "cat /dev/null; echo \"it's $GREETING\"; while :; do sleep 0.1; done");
        pod.Spec.SecurityContext = new V1PodSecurityContext { RunAsUser = 1234, RunAsGroup = 1234 };
        pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "PATH", Value = $"{folder}:/usr/bin:/bin" }, new V1EnvVar { Name = "GREETING", Value = "a 'good' day" }];
        pod.Spec.Containers[0].ReadinessProbe = Probe("sh", "-c", $"id -u >{folder}/probe; cat /dev/null");
        node.Put(pod);
        var running = await node.PodAsync("a", TestPods.IsReady, "it runs");

        await Eventually.IsAsync(() => LogOf(node, running), "it's a 'good' day\n", "it has its environment");
        (await File.ReadAllLinesAsync(Path.Combine(folder, "who"), TestContext.Current.CancellationToken)).ShouldAllBe(user => user == "1234");
        (await File.ReadAllTextAsync(Path.Combine(folder, "probe"), TestContext.Current.CancellationToken)).ShouldBe("1234\n");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Probe_WritesWithoutEnd_IsReadToABound()
    {
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done"));
        var pod = await node.PodAsync("a", TestPods.IsReady, "it runs");

        var result = await node.Agent.Runtime.ExecAsync(
            TestPods.Status(pod)!.ContainerID["process://".Length..], ["head", "-c", "50000000", "/dev/zero"], TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        result.ExitCode.ShouldBe(0);
        result.Output.Length.ShouldBe(10 * 1024);
    }

    [Fact]
    public async Task Container_Killed_FinishedWhenItWasKilled()
    {
        await using var node = await StartAsync();
        var pod = TestPods.Shell("a", "trap '' TERM; while :; do sleep 0.1; done", "Never");
        pod.Spec.ActiveDeadlineSeconds = 3;
        pod.Spec.TerminationGracePeriodSeconds = 1;
        node.Put(pod);
        var failed = await node.PodAsync("a", p => TestPods.Status(p)?.State?.Terminated is not null, "it was killed");

        var end = TestPods.Status(failed)!.State.Terminated;
        end.ExitCode.ShouldBe(137);
        (end.FinishedAt - end.StartedAt)!.Value.TotalSeconds.ShouldBeInRange(3, 8);
    }

    private static V1Pod OnHostPort(string name, string script = "sleep 100")
    {
        var pod = TestPods.Shell(name, script);
        pod.Spec.Containers[0].Ports = [new V1ContainerPort { ContainerPort = 80, HostPort = 8080 }];
        return pod;
    }

    private static V1Probe Probe(params string[] command) =>
        new() { Exec = new V1ExecAction { Command = command }, PeriodSeconds = 1, FailureThreshold = 2, TimeoutSeconds = 2 };

    private static Task<TestNode> StartAsync(Func<NodeAgentOptions, NodeAgentOptions>? adjust = null)
    {
        var index = Interlocked.Increment(ref s_index) % 30;
        return TestNode.StartAsync(RuntimeKind.Process, o => (adjust?.Invoke(o) ?? o) with { Index = index });
    }

    private static string LogOf(TestNode node, V1Pod pod)
    {
        using var output = new MemoryStream();
        var copy = node.Agent.Runtime.CopyLogsAsync($"{pod.Metadata.Uid}.main.0", new LogQuery(), output, TestContext.Current.CancellationToken);
        return copy.IsCompletedSuccessfully ? Encoding.UTF8.GetString(output.ToArray()) : "";
    }
}
