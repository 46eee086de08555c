using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Thresholds;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Eviction;

/// <summary>A whole daemon that is told of shortages; nothing of the machine is used up.</summary>
public sealed class EvictionNodeTests
{
    private const long Gibi = 1L << 30;

    [Fact]
    public async Task Node_ShortOfMemory_EvictsOnePodSaysSoAndRecovers()
    {
        await using var node = await StartAsync(RuntimeKind.Hollow);
        var runtime = (HollowRuntime)node.Agent.Runtime;
        runtime.UsageOf = container => new ContainerUsage(0, container.Id.StartsWith("large", StringComparison.Ordinal) ? 2 * Gibi : Gibi);
        node.Put(Named("small"));
        node.Put(Named("large"));
        await node.PodAsync("small", TestPods.IsReady, "it runs");
        await node.PodAsync("large", TestPods.IsReady, "it runs");

        node.Signals = () => CountPods(node) > 1 ? Memory(64L << 20) : Memory(2 * Gibi);

        var evicted = await node.PodAsync("large", pod => pod.Status.Phase == "Failed", "it is evicted");
        evicted.Status.Reason.ShouldBe("Evicted");
        evicted.Status.Message.ShouldBe(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. Container main was using 2Gi, request is 0, has larger consumption of memory. ");
        evicted.Condition(PodConditionTypes.DisruptionTarget)!.Reason.ShouldBe("TerminationByKubelet");
        await Eventually.HoldsAsync(() => ConditionOf(node, "MemoryPressure") is { Status: "True", Reason: "KubeletHasInsufficientMemory" }, "the node says so");
        await EventAsync(node, "EvictionThresholdMet", "Attempting to reclaim memory");
        await EventAsync(node, "NodeHasInsufficientMemory", $"Node {node.Options.Name} status is now: NodeHasInsufficientMemory");
        (await runtime.ListAsync(TestContext.Current.CancellationToken)).ShouldHaveSingleItem().PodName.ShouldBe("small");

        await Eventually.HoldsAsync(() => ConditionOf(node, "MemoryPressure")?.Status == "False", "the shortage is over");
        node.Pod("small")!.Status.Phase.ShouldBe("Running");
        node.Signals = () => Memory(2 * Gibi);
        node.Put(Named("next"));
        await node.PodAsync("next", TestPods.IsReady, "new pods are welcome again");
    }

    /// <summary>A pod whose files take for ever to measure holds up no decision about the node.</summary>
    [Fact]
    public async Task Node_ShortOfMemoryWhileAPodIsMeasured_EvictsAtOnce()
    {
        using var end = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        await using var node = await StartAsync(RuntimeKind.Hollow);
        try
        {
            var runtime = (HollowRuntime)node.Agent.Runtime;
            runtime.UsageOf = container => new ContainerUsage(0, container.Id.StartsWith("large", StringComparison.Ordinal) ? 2 * Gibi : Gibi);
            runtime.StorageOf = _ =>
            {
                begun.Set();
                end.WaitHandle.WaitOne(TimeSpan.FromMinutes(1));
                return default;
            };
            var vast = Named("vast");
            vast.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource { SizeLimit = new ResourceQuantity("1Mi") } }];
            node.Put(vast);
            node.Put(Named("large"));
            await node.PodAsync("large", TestPods.IsReady, "it runs");
            await Eventually.HoldsAsync(() => begun.IsSet, "the other one is being measured");

            node.Signals = () => CountPods(node) > 1 ? Memory(64L << 20) : Memory(2 * Gibi);

            (await node.PodAsync("large", pod => pod.Status.Phase == "Failed", "it is evicted")).Status.Reason.ShouldBe("Evicted");
        }
        finally
        {
            end.Set();
        }
    }

    [Fact]
    public async Task Node_ShortOfMemory_RejectsPodsWithoutRequests()
    {
        await using var node = await StartAsync(RuntimeKind.Hollow, () => Memory(1));
        await Eventually.HoldsAsync(() => ConditionOf(node, "MemoryPressure")?.Status == "True", "the node is short of memory");

        node.Put(Named("late"));

        var pod = await node.PodAsync("late", pod => pod.Status.Phase == "Failed", "it is rejected");
        (pod.Status.Reason, pod.Status.Message).ShouldBe(("Evicted", "Pod was rejected: The node had condition: [MemoryPressure]. "));
    }

    [Fact]
    public async Task Node_ShortOfDisk_RemovesEndedPodsAndImagesBeforeItEvicts()
    {
        await using var node = await StartAsync(RuntimeKind.Hollow);
        var runtime = (HollowRuntime)node.Agent.Runtime;
        runtime.Images["unused"] = new NodeImage("unused", ["unused:1"], 1) { LastUsed = DateTimeOffset.UnixEpoch };
        runtime.Images["used"] = new NodeImage("used", ["used:1"], 1) { LastUsed = DateTimeOffset.UnixEpoch, IsInUse = true };
        runtime.Images["pinned"] = new NodeImage("pinned", ["pinned:1"], 1) { LastUsed = DateTimeOffset.UnixEpoch, IsPinned = true };
        runtime.Images["foreign"] = new NodeImage("foreign", ["foreign:1"], 1);
        node.Put(Named("runs"));
        var ended = Named("ended");
        ended.Spec.RestartPolicy = "Never";
        node.Put(ended);
        await node.PodAsync("runs", TestPods.IsReady, "it runs");
        await node.PodAsync("ended", TestPods.IsReady, "it runs");
        runtime.EndContainer("ended.main.0", 0);
        await node.PodAsync("ended", pod => pod.Status.Phase == "Succeeded", "it has ended");

        node.Signals = () => Disk(runtime.Images.Count > 3 || CountPods(node) > 1 ? 1 : 50);

        await Eventually.HoldsAsync(() => !runtime.Images.ContainsKey("unused"), "the image goes");
        await Eventually.HoldsAsync(() => ConditionOf(node, "DiskPressure")?.Status == "False", "the shortage is over");
        runtime.Images.Keys.ShouldBe(["used", "pinned", "foreign"], ignoreOrder: true);
        (await runtime.ListAsync(TestContext.Current.CancellationToken)).ShouldHaveSingleItem().PodName.ShouldBe("runs");
        node.Pod("runs")!.Status.Phase.ShouldBe("Running");
        node.Pod("ended")!.Status.ContainerStatuses.ShouldHaveSingleItem().State.Terminated.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Node_ShortOfDiskWhileTheApiIsAway_EvictsNoMoreThanItMustAndSaysSoLater()
    {
        await using var node = await StartAsync(RuntimeKind.Hollow);
        var runtime = (HollowRuntime)node.Agent.Runtime;
        runtime.StorageOf = container => new ContainerStorage(new StorageUsage(container.Id.StartsWith("large", StringComparison.Ordinal) ? Gibi : 1, 1), default);
        foreach (var name in new[] { "large", "small", "smaller" })
        {
            node.Put(Named(name));
            await node.PodAsync(name, TestPods.IsReady, "it runs");
        }

        await node.Api.PauseAsync();
        node.Signals = () => Disk(CountPods(node) > 2 ? 1 : 50);

        await Eventually.HoldsAsync(() => CountPods(node) == 2, "what the pod had is free, although nobody could be told");
        (await runtime.ListAsync(TestContext.Current.CancellationToken)).Select(pod => pod.PodName).ShouldBe(["small", "smaller"], ignoreOrder: true);
        await node.Api.ResumeAsync();
        var evicted = await node.PodAsync("large", pod => pod.Status.Phase == "Failed", "its end is told", seconds: 20);
        evicted.Status.Reason.ShouldBe("Evicted");
        evicted.Status.ContainerStatuses.ShouldHaveSingleItem().State.Terminated.ContainerID.ShouldBe("hollow://large.main.0");
        node.Agent.Pods.Workers.Count(worker => worker.IsEvicted).ShouldBe(1);
        node.Pod("small")!.Status.Phase.ShouldBe("Running");
    }

    [Fact]
    public async Task Node_ShortOfDiskWithFencedPods_EvictsNoneOfThem()
    {
        var looks = 0;
        await using var node = await StartAsync(
            RuntimeKind.Hollow, adjust: options => options with { LeaseRenewInterval = TimeSpan.FromMilliseconds(300), Times = new FencingTimes { FencingTime = TimeSpan.FromSeconds(1) } });
        foreach (var name in new[] { "one", "other" })
        {
            node.Put(Named(name));
            await node.PodAsync(name, TestPods.IsReady, "it runs");
        }

        await node.Api.PauseAsync();
        await Eventually.HoldsAsync(() => node.Agent.Pods.Workers.All(worker => worker.IsFenced && worker.Seen?.Running.Any() is false), "they are fenced");
        node.Signals = () => Disk(Interlocked.Increment(ref looks) > 0 ? 1 : 0);

        await Eventually.HoldsAsync(() => Volatile.Read(ref looks) > 10, "the node looks again and again");
        node.Agent.Pods.Workers.ShouldAllBe(worker => !worker.IsEvicted);
        node.Signals = () => Disk(50);
        await node.Api.ResumeAsync();
        await node.PodAsync("one", TestPods.IsReady, "it runs again");
        await node.PodAsync("other", TestPods.IsReady, "it runs again");
    }

    [Fact]
    public async Task Pod_WithMoreInAnEmptyDirThanItMay_IsEvictedAndItsFilesGo()
    {
        await using var node = await StartAsync(RuntimeKind.Process);
        var pod = TestPods.Shell("a", "head -c 3000000 /dev/zero > $SCRATCH/file; sleep 1000");
        pod.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource { SizeLimit = new ResourceQuantity("1Mi") } }];
        pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "SCRATCH", Value = Path.Combine(node.Options.DataDirectory, "pods", pod.Metadata.Uid, "volumes", "scratch") }];
        node.Put(pod);

        var evicted = await node.PodAsync("a", one => one.Status.Phase == "Failed", "it is evicted");

        (evicted.Status.Reason, evicted.Status.Message).ShouldBe(("Evicted", "Usage of EmptyDir volume \"scratch\" exceeds the limit \"1Mi\". "));
        evicted.Condition(PodConditionTypes.DisruptionTarget).ShouldBeNull();
        await Eventually.HoldsAsync(() => !Directory.Exists(Path.Combine(node.Options.DataDirectory, "pods", pod.Metadata.Uid)), "its files are gone");
        await EventAsync(node, "Evicted", evicted.Status.Message);
    }

    private static Task<TestNode> StartAsync(
        RuntimeKind runtime, Func<NodeReadings>? signals = null, Func<NodeAgentOptions, NodeAgentOptions>? adjust = null) => TestNode.StartAsync(
        runtime,
        options => (adjust?.Invoke(options) ?? options) with { EvictionMonitoringPeriod = TimeSpan.FromMilliseconds(100), EvictionPressureTransitionPeriod = TimeSpan.FromSeconds(3), ImageMinimumGCAge = TimeSpan.FromMinutes(1) },
        signals: signals);

    private static int CountPods(TestNode node) => node.Agent.Pods.Workers.Count(worker => worker.Seen is not null);

    private static V1Pod Named(string name)
    {
        var pod = TestPods.Shell(name, "");
        pod.Metadata.Uid = name;
        return pod;
    }

    private static NodeReadings Memory(long available) => new()
    {
        Signals = new Dictionary<EvictionSignal, SignalReading> { [EvictionSignal.MemoryAvailable] = new(available, 8 * Gibi) },
    };

    private static NodeReadings Disk(long percent) => new()
    {
        Signals = new Dictionary<EvictionSignal, SignalReading> { [EvictionSignal.NodeFsAvailable] = new(percent, 100) },
    };

    private static V1NodeCondition? ConditionOf(TestNode node, string type) =>
        node.Api.Get<V1Node>($"api/v1/nodes/{node.Options.Name}")?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);

    private static Task<Corev1Event> EventAsync(TestNode node, string reason, string message) => Eventually.AnswersAsync(
        () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").FirstOrDefault(one => one.Reason == reason && one.Message == message), $"an event says {reason}");
}
