using System.Globalization;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Process;
using OrleansOrchestrator.Node.Telemetry;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The guard ends pods by itself, and lets those run that a daemon speaks for.</summary>
public sealed class GuardTests(DockerMachine docker)
{
    // Renewals every 250 ms and 3 s without them: long enough for a busy machine, short enough for a test.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(RuntimeKind.Process)]
    [InlineData(RuntimeKind.Docker)]
    public async Task Daemon_Gone_PodsEndAtTheirDeadlineAndNotBefore(RuntimeKind runtime)
    {
        var (bound, free) = (NewMark(), NewMark());
        await using var node = await StartAsync(runtime);
        await PutAsync(node, "bound", bound, 5);
        await PutAsync(node, "free", free, null);

        await node.StopAgentAsync();
        await Eventually.IsAsync(() => ProcessTable.WithArgument(bound).Count, 0, "the pod has ended", within: TimeSpan.FromSeconds(6));

        // The renewal before the last one counts, if the daemon stopped before it knew of the last.
        node.SinceRenewal.ShouldBeInRange(Limit / 2, Limit + TimeSpan.FromSeconds(2));
        ProcessTable.WithArgument(free).ShouldNotBeEmpty("it tolerates any silence");

        await node.StartAgentAsync();
        await node.PodAsync("bound", p => TestPods.Status(p)?.RestartCount >= 1 && TestPods.IsReady(p), "it runs again");
        TestPods.Status(node.Pod("free")!)!.RestartCount.ShouldBe(0);
    }

    [Theory]
    [InlineData(RuntimeKind.Process)]
    [InlineData(RuntimeKind.Docker)]
    public async Task Daemon_RestartedWhileTheApiIsAway_PodsEndByWhatTheNodeKnows(RuntimeKind runtime)
    {
        var mark = NewMark();
        await using var node = await StartAsync(runtime);
        await PutAsync(node, "a", mark, 5);

        await node.Api.PauseAsync();
        await node.StopAgentAsync();
        await node.StartAgentAsync();

        await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "the pod has ended", within: TimeSpan.FromSeconds(8));
        node.Agent.Pods.Workers.ShouldBeEmpty("no pod object was seen");
        await node.Api.ResumeAsync();
        await node.PodAsync("a", p => TestPods.Status(p)?.RestartCount >= 1 && TestPods.IsReady(p), "it runs again");
    }

    [Fact]
    public async Task Pod_ReplacedDuringTheOutage_IsNotStartedAgainBeforeTheApiConfirmsIt()
    {
        var mark = NewMark();
        await using var node = await StartAsync(RuntimeKind.Process);
        await PutAsync(node, "a", mark, 5);
        await node.Api.PauseAsync();
        await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "the pod has ended", within: TimeSpan.FromSeconds(8));

        node.Api.Remove(TestNode.PathOf("a"));
        await node.Api.ResumeAsync();

        await Eventually.HoldsAsync(
            () =>
            {
                ProcessTable.WithArgument(mark).ShouldBeEmpty("it runs elsewhere by now");
                return !node.Agent.Pods.Workers.Any();
            },
            "it is forgotten");
    }

    [Fact]
    public async Task SealedPod_EngineStartsWhatWasAskedForBefore_DoesNotStart()
    {
        docker.SkipIfAbsent();
        var (uid, token) = (Guid.NewGuid().ToString(), TestContext.Current.CancellationToken);
        var cgroups = PodCgroups.Find(usesSlices: false, CgroupLimits.None, out _);
        Assert.SkipWhen(cgroups is null, "This machine has no cgroups that a test can use.");
        cgroups!.Open(uid);
        var created = await docker.Client.Containers.CreateContainerAsync(
            new Docker.DotNet.Models.CreateContainerParameters
            {
                Image = DockerMachine.Image,
                Cmd = ["sleep", "60"],
                HostConfig = new Docker.DotNet.Models.HostConfig { CgroupParent = cgroups.ParentOf(uid) },
            },
            token);
        await File.WriteAllTextAsync(Path.Combine(cgroups.PathOf(uid), "pids.max"), "0", token);

        await Should.ThrowAsync<Docker.DotNet.DockerApiException>(
            () => docker.Client.Containers.StartContainerAsync(created.ID, new Docker.DotNet.Models.ContainerStartParameters(), token));
        cgroups.IsPopulated(uid).ShouldBeFalse();
        await docker.Client.Containers.RemoveContainerAsync(created.ID, new Docker.DotNet.Models.ContainerRemoveParameters { Force = true }, token);
        await cgroups.RemoveAsync(uid, TimeProvider.System, token);
        Directory.Exists(cgroups.PathOf(uid)).ShouldBeFalse();
    }

    /// <summary>An engine needs processes of its own to kill one, and a pod may have taken all.</summary>
    [Fact]
    public async Task PastItsDeadline_WithAnEngineThatCannotKill_ThePodIsEndedByItsCgroup()
    {
        var cgroup = Directory.CreateTempSubdirectory("cgroup-").FullName;
        try
        {
            foreach (var file in new[] { "pids.max", "cgroup.kill" })
                await File.WriteAllTextAsync(Path.Combine(cgroup, file), "", TestContext.Current.CancellationToken);
            var clock = new LeaseClock(TimeProvider.System, null);
            var guard = new PodGuard(null, _ => null, clock, NullLogger.Instance);
            guard.Set("a", TimeSpan.Zero);
            using var instruments = new NodeInstruments();
            var runtime = StubRuntime.With(new Dictionary<string, Func<object?[], object?>>
            {
                ["PlaceOf"] = _ => new PodPlace(cgroup, null),
                ["InspectAsync"] = _ => Task.FromException<PodSandbox?>(new RuntimeException(RuntimeException.Unavailable, "no process can be started")),
            });
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var agent = new FencingAgent(
                "n", new PodDirectory(null!), guard, runtime, clock, () => { }, instruments, TimeProvider.System, NullLogger.Instance);

            var running = agent.RunAsync(stop.Token);

            await Eventually.HoldsAsync(() => File.ReadAllText(Path.Combine(cgroup, "cgroup.kill")) == "1", "it is killed");
            (await File.ReadAllTextAsync(Path.Combine(cgroup, "pids.max"), stop.Token)).ShouldBe("0");
            await stop.CancelAsync();
            await running;
        }
        finally
        {
            Directory.Delete(cgroup, recursive: true);
        }
    }

    /// <summary>No process of a pod with a limit runs without its deadline in the guard's feed.</summary>
    [Fact]
    public async Task Guard_ThatCannotBeFed_NoPodStartsAndTheNodeSaysWhy()
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "Only a daemon that is root has its guard's files elsewhere.");
        await using var node = await StartAsync(RuntimeKind.Process);
        var folder = new GuardProcess(node.Options.DataDirectory, TimeProvider.System, NullLogger.Instance).Folder;
        var away = folder + "-away";
        Directory.Move(folder, away);
        await File.WriteAllTextAsync(folder, "", TestContext.Current.CancellationToken);
        var mark = NewMark();
        try
        {
            var pod = TestPods.Shell("a", $"echo {mark}; while :; do sleep 0.1; done");
            pod.Metadata.Generation = 3;
            pod.Spec.Tolerations = [Toleration(5)];
            node.Put(pod);

            await Eventually.HoldsAsync(
                () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(one => one.Reason == "FailedSync" && one.Message.Contains("the guard of the node's pods cannot be fed", StringComparison.Ordinal)),
                "an event says so");
            await Eventually.HoldsAsync(
                () => node.Api.Get<V1Node>($"api/v1/nodes/{node.Options.Name}")!.Status.Conditions.Any(one => one.Type == "Ready" && one.Status == "False" && one.Message.Contains("the guard", StringComparison.Ordinal)),
                "the node is not Ready");
            ProcessTable.WithArgument(mark).ShouldBeEmpty();
            node.Pod("a")!.Status?.ObservedGeneration.ShouldBeNull("the guard does not act by it yet");
        }
        finally
        {
            File.Delete(folder);
            Directory.Move(away, folder);
        }

        (await node.PodAsync("a", TestPods.IsReady, "it runs")).Status.ObservedGeneration.ShouldBe(3);
    }

    [Fact]
    public async Task Guard_Killed_IsStartedAgainAndNothingStops()
    {
        var mark = NewMark();
        await using var node = await StartAsync(RuntimeKind.Process);
        await PutAsync(node, "a", mark, 5);
        var before = await Eventually.AnswersAsync(() => GuardOf(node), "there is a guard");

        using (var guard = System.Diagnostics.Process.GetProcessById(before.Pid))
            guard.Kill();

        var after = await Eventually.AnswersAsync(() => GuardOf(node) is { } guard && guard != before ? guard : null, "there is a new guard");
        await node.StopAgentAsync();
        await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "the new guard ends the pod", within: TimeSpan.FromSeconds(6));
        await node.StartAgentAsync();
        GuardOf(node).ShouldBe(after, "the next daemon takes it over");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WallClock_LeapsAhead_StopsPodsUnlessARenewalIsAcknowledged(bool isAcknowledged)
    {
        var mark = NewMark();
        var clock = new SteppedClock(TimeProvider.System);

        await using var node = await TestNode.StartAsync(
            RuntimeKind.Process, o => o with { Index = Random.Shared.Next(100, 500), LeaseRenewInterval = TimeSpan.FromSeconds(3.5), Times = new FencingTimes { FencingTime = TimeSpan.FromSeconds(10) } }, clock);
        await PutAsync(node, "a", mark, 5);

        // The next renewal is so far away that only one that the leap asks for can come in time.
        var renewals = Renewals(node);
        await Eventually.HoldsAsync(() => Renewals(node) > renewals, "the lease has just been renewed");
        using (isAcknowledged ? null : node.Api.Hang("apis/coordination.k8s.io"))
        {
            var start = TimeProvider.System.GetTimestamp();
            clock.SetWallClock(TimeSpan.FromHours(1));
            if (isAcknowledged)
                await node.PodAsync("a", p => p.Metadata.Annotations?.ContainsKey("orleansorchestrator.io/confirmed-at") is true, "the API has confirmed the pod", 3);
            else
                await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "the pod has ended", within: TimeSpan.FromSeconds(6));
            TimeProvider.System.GetElapsedTime(start).TotalSeconds.ShouldBeInRange(isAcknowledged ? 0 : 1.9, 5);
        }

        // The times of files are the machine's.
        clock.SetWallClock(-TimeSpan.FromHours(1));
        await node.PodAsync("a", p => TestPods.IsReady(p) && TestPods.Status(p)!.RestartCount == (isAcknowledged ? 0 : 1), "it runs");
    }

    [Fact]
    public async Task Daemon_Started_RemovesWhatPodsOfAnEarlierOneLeft()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process);
        await node.StopAgentAsync();
        var uid = Guid.NewGuid().ToString();
        var folder = Directory.CreateDirectory(Path.Combine(node.Options.DataDirectory, "pods", uid)).FullName;
        var cgroups = PodCgroups.Find(usesSlices: false, CgroupLimits.None, out _);
        cgroups?.Open(uid);

        await node.StartAgentAsync();

        await Eventually.HoldsAsync(() => !Directory.Exists(folder) && !Directory.Exists(cgroups?.PathOf(uid)), "folder and cgroup are gone");
    }

    [Fact]
    public async Task Guard_OfADataFolderThatIsGone_LeavesNothingForGood()
    {
        var (data, other) = (Directory.CreateTempSubdirectory("guard-test-"), Directory.CreateTempSubdirectory("guard-test-"));
        var left = new GuardProcess(data.FullName, TimeProvider.System, NullLogger.Instance);
        var kept = new GuardProcess(other.FullName, TimeProvider.System, NullLogger.Instance);
        foreach (var guard in new[] { left, kept })
        {
            guard.Write("fed");
            Directory.SetLastWriteTimeUtc(guard.Folder, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));
        }

        data.Delete(recursive: true);
        new GuardProcess("/nowhere", TimeProvider.System, NullLogger.Instance).RemoveLeftovers();

        Directory.Exists(left.Folder).ShouldBeFalse();
        Directory.Exists(kept.Folder).ShouldBeTrue();
        await kept.EndAsync();
        other.Delete(recursive: true);
    }

    [Fact]
    public async Task Container_LeavesItsGroup_EndsWithItsPod()
    {
        Assert.SkipWhen(PodCgroups.Find(usesSlices: false, CgroupLimits.None, out _) is null, "This machine has no cgroups that a test can use.");
        var mark = NewMark();
        await using var node = await StartAsync(RuntimeKind.Process);
        var pod = TestPods.Shell("a", $"setsid sh -c ': {mark}; while :; do sleep 0.1; done' & sleep 0.3; kill -9 $$", "Never");
        pod.Spec.Tolerations = [Toleration(5)];
        node.Put(pod);

        await node.PodAsync("a", p => p.Status.Phase == "Failed", "its program has ended");
        await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "what left the group has ended too");
    }

    [Theory]
    [InlineData("activeDeadlineSeconds", 5_000_000)]
    [InlineData("activeDeadlineSeconds", int.MaxValue)]
    [InlineData("terminationGracePeriodSeconds", long.MaxValue)]
    [InlineData("tolerationSeconds", long.MaxValue)]
    [InlineData("probe", int.MaxValue)]
    public async Task Pod_AbsurdTime_RunsAndCanBeDeleted(string field, long seconds)
    {
        await using var node = await StartAsync(RuntimeKind.Process);
        var pod = Pod("a", NewMark(), 5);
        Action set = field switch
        {
            "activeDeadlineSeconds" => () => pod.Spec.ActiveDeadlineSeconds = seconds,
            "terminationGracePeriodSeconds" => () => pod.Spec.TerminationGracePeriodSeconds = seconds,
            "tolerationSeconds" => () => pod.Spec.Tolerations = [Toleration(seconds)],
            _ => () => pod.Spec.Containers[0].LivenessProbe = new V1Probe
            {
                Exec = new V1ExecAction { Command = ["true"] },
                InitialDelaySeconds = (int)seconds,
                PeriodSeconds = (int)seconds,
                TimeoutSeconds = (int)seconds,
            },
        };
        set();
        node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, $"it runs with {field} {seconds.ToString(CultureInfo.InvariantCulture)}");

        node.Delete("a", 0);

        await Eventually.HoldsAsync(() => node.Pod("a") is null, "it is gone");
    }

    [Fact]
    public async Task Step_ThatWaitsForTheApi_DoesNotHoldUpFencing()
    {
        var mark = NewMark();
        await using var node = await StartAsync(RuntimeKind.Process);
        var pod = Pod("a", mark, 5);
        pod.Spec.Containers.Add(TestPods.Container("late", "true"));
        pod.Spec.Containers[1].EnvFrom = [new V1EnvFromSource { ConfigMapRef = new V1ConfigMapEnvSource { Name = "slow" } }];
        using (node.Api.Hang("api/v1/namespaces/default/configmaps/slow"))
        {
            node.Put(pod);
            await Eventually.HoldsAsync(() => node.Api.Requests.Any(r => r.EndsWith("/configmaps/slow", StringComparison.Ordinal)), "the step waits for the API");
            ProcessTable.WithArgument(mark).ShouldNotBeEmpty();

            var start = TimeProvider.System.GetTimestamp();
            using (node.Api.Hang("apis/coordination.k8s.io"))
                await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "the pod has ended", within: TimeSpan.FromSeconds(8));
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Limit + TimeSpan.FromSeconds(2));
        }
    }

    /// <summary>The guard that feels responsible at the moment.</summary>
    private static ProcessIdentity? GuardOf(TestNode node)
    {
        var folder = new GuardProcess(node.Options.DataDirectory, TimeProvider.System, NullLogger.Instance).Folder;
        return ProcessIdentity.Read(Path.Combine(folder, "pid")) is { IsAlive: true } guard ? guard : null;
    }

    [Fact]
    public async Task Step_ThatWaitsForAPull_DoesNotHoldUpFencing()
    {
        var mark = NewMark();
        using var registry = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        registry.Start();
        await using var node = await StartAsync(RuntimeKind.Docker);
        var pod = Pod("a", mark, 5);
        pod.Spec.Containers.Add(TestPods.Container("late", "true", $"{registry.LocalEndpoint}/never/answers:1"));
        node.Put(pod);
        await Eventually.HoldsAsync(() => ProcessTable.WithArgument(mark).Count > 0 && registry.Pending(), "the step waits for the registry", within: TimeSpan.FromSeconds(30));

        var start = TimeProvider.System.GetTimestamp();
        await node.Api.PauseAsync();
        await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "the pod has ended", within: TimeSpan.FromSeconds(8));

        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Limit + TimeSpan.FromSeconds(2));
        await node.Api.ResumeAsync();
    }

    private static int Renewals(TestNode node) => node.Api.Requests.Count(request => request.Contains("/leases/", StringComparison.Ordinal));

    private static string NewMark() => Guid.NewGuid().ToString("N");

    private async Task<TestNode> StartAsync(RuntimeKind runtime)
    {
        if (runtime == RuntimeKind.Docker)
        {
            docker.SkipIfAbsent();
            Assert.SkipWhen(PodCgroups.Find(usesSlices: false, CgroupLimits.None, out _) is null, "Without cgroups no guard reaches containers.");
        }

        return await TestNode.StartAsync(runtime, o => o with
        {
            Index = Random.Shared.Next(100, 500),
            LeaseRenewInterval = TimeSpan.FromMilliseconds(250),
            Times = new FencingTimes { FencingTime = Limit },
        });
    }

    private static async Task PutAsync(TestNode node, string name, string mark, long? tolerationSeconds)
    {
        node.Put(Pod(name, mark, tolerationSeconds));
        await node.PodAsync(name, TestPods.IsReady, $"{name} is ready", 30);
        await Eventually.HoldsAsync(() => ProcessTable.WithArgument(mark).Count > 0, $"{name} runs");
    }

    private static V1Pod Pod(string name, string mark, long? tolerationSeconds)
    {
        var pod = TestPods.Shell(name, $": {mark}; while :; do sleep 0.1; done", image: DockerMachine.Image);
        pod.Spec.Tolerations = [Toleration(tolerationSeconds)];
        return pod;
    }

    private static V1Toleration Toleration(long? seconds) =>
        new() { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", Effect = "NoExecute", TolerationSeconds = seconds };
}
