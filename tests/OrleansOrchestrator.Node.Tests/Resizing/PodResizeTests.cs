using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Resizing;

/// <summary>The resize of running pods, from the spec to the kernel and back into the status.</summary>
public sealed class PodResizeTests(DockerMachine docker, ContainerdMachine containerd)
{
    private const string Idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

    public static TheoryData<RuntimeKind> Engines => [RuntimeKind.Docker, RuntimeKind.Containerd];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Pod_Resized_GetsItWithoutARestart_AndTheNextDaemonKnows(RuntimeKind engine)
    {
        await using var node = await StartAsync(engine);
        var pod = Limited(TestPods.Shell("a", Idle, image: DockerMachine.Image), "100m", "64Mi");
        var watched = Limited(TestPods.Container("other", Idle, DockerMachine.Image), "100m", "64Mi");
        watched.ResizePolicy = [new V1ContainerResizePolicy { ResourceName = "memory", RestartPolicy = "RestartContainer" }];
        pod.Spec.Containers.Add(watched);
        node.Put(pod);
        var before = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        TestPods.Status(before)!.Resources.Limits["cpu"].ToString().ShouldBe("100m");
        (await EnforcedAsync(node, "main")).ShouldBe(new CgroupResources(102, 10_000, 64 << 20));

        Resize(node, generation: 2, cpu: "250m", memory: "128Mi");

        var resized = await node.PodAsync("a", p => IsDone(p, 2), "it is resized", 60);
        TestPods.Status(resized)!.ContainerID.ShouldBe(TestPods.Status(before)!.ContainerID);
        (TestPods.Status(resized)!.RestartCount, TestPods.Status(resized, "other")!.RestartCount).ShouldBe((0, 1), "only the one whose policy says so");
        foreach (var container in new[] { "main", "other" })
        {
            var status = TestPods.Status(resized, container)!;
            (status.AllocatedResources["memory"].ToString(), status.Resources.Limits["cpu"].ToString(), status.Resources.Requests["memory"].ToString()).ShouldBe(("128Mi", "250m", "128Mi"));
            (await EnforcedAsync(node, container)).ShouldBe(new CgroupResources(256, 25_000, 128 << 20));
        }

        await Eventually.HoldsAsync(() => Events(node).Contains("ResizeStarted") && Events(node).Contains("ResizeCompleted"), "it is told");

        // What is asked for while the daemon is away is not taken for granted by the next one.
        await node.StopAgentAsync();
        Resize(node, generation: 3, cpu: "1000", memory: "128Mi");
        await node.StartAgentAsync();
        var refused = await node.PodAsync("a", p => TestPods.Condition(p, "PodResizePending") == "True", "it is refused", 60);
        refused.Status.Conditions.Single(c => c.Type == "PodResizePending").Reason.ShouldBe("Infeasible");
        TestPods.Status(refused)!.AllocatedResources["cpu"].ToString().ShouldBe("250m");
        (await EnforcedAsync(node, "main")).ShouldBe(new CgroupResources(256, 25_000, 128 << 20));

        Resize(node, generation: 4, cpu: "200m", memory: "128Mi");
        await node.PodAsync("a", p => IsDone(p, 4) && TestPods.Status(p)!.RestartCount == 0, "it is smaller", 60);
    }

    [Fact]
    public async Task Pod_ResizedBeyondWhatIsLeft_WaitsUntilThereIsRoom()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        var half = Environment.ProcessorCount * 500;
        node.Put(Limited(TestPods.Shell("b", Idle), $"{half}m", "64Mi"));
        node.Put(Limited(TestPods.Shell("a", Idle), $"{half / 2}m", "64Mi"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        await node.PodAsync("b", TestPods.IsReady, "the pod is ready");

        Resize(node, generation: 2, cpu: $"{half + 1}m", memory: "64Mi");
        var waiting = await node.PodAsync("a", p => TestPods.Condition(p, "PodResizePending") == "True", "it waits");
        var condition = waiting.Status.Conditions.Single(c => c.Type == "PodResizePending");
        (condition.Reason, condition.ObservedGeneration).ShouldBe(("Deferred", 2));
        condition.Message.ShouldStartWith("Node didn't have enough resource: cpu, requested:");
        TestPods.Status(waiting)!.AllocatedResources["cpu"].ToString().ShouldBe($"{half / 2}m");

        node.Delete("b", 0);
        var resized = await node.PodAsync("a", p => IsDone(p, 2) && TestPods.Condition(p, "PodResizePending") is null, "there is room");
        Model.Quantities.Quantity.From(TestPods.Status(resized)!.AllocatedResources["cpu"]).MilliValue.ShouldBe(half + 1);
        await Eventually.HoldsAsync(() => Events(node).Contains("ResizeDeferred"), "it is told");
    }

    [Fact]
    public async Task Pod_OfProcesses_CannotBeResizedAndSaysWhy()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process);
        node.Put(Limited(TestPods.Shell("a", Idle), "100m", "64Mi"));
        var before = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        TestPods.Status(before)!.Resources.Limits["cpu"].ToString().ShouldBe("100m");

        Resize(node, generation: 2, cpu: "200m", memory: "64Mi");

        var refused = await node.PodAsync("a", p => TestPods.Condition(p, "PodResizePending") == "True", "it is refused");
        var condition = refused.Status.Conditions.Single(c => c.Type == "PodResizePending");
        condition.Reason.ShouldBe("Infeasible");
        condition.Message.ShouldContain("processes of the host");
        TestPods.Status(refused)!.Resources.Limits["cpu"].ToString().ShouldBe("100m");
        await Eventually.HoldsAsync(() => Events(node).Contains("ResizeInfeasible"), "it is told");
    }

    private static IEnumerable<string> Events(TestNode node) => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Select(one => one.Reason);

    private static bool IsDone(V1Pod pod, long generation) =>
        pod.Status?.ObservedGeneration == generation && TestPods.IsReady(pod)
        && pod.Status.Conditions.All(condition => condition.Type is not ("PodResizePending" or "PodResizeInProgress"))
        && pod.Spec.Containers.All(container => Same(container.Resources.Limits, TestPods.Status(pod, container.Name)!.Resources.Limits));

    private static bool Same(IDictionary<string, ResourceQuantity> left, IDictionary<string, ResourceQuantity> right) =>
        left.All(amount => right.TryGetValue(amount.Key, out var other) && Model.Quantities.Quantity.From(other) == Model.Quantities.Quantity.From(amount.Value));

    private static void Resize(TestNode node, long generation, string cpu, string memory) => node.Api.Change(TestNode.PathOf("a"), pod =>
    {
        pod["metadata"]!["generation"] = generation;
        foreach (var container in pod["spec"]!["containers"]!.AsArray())
        {
            foreach (var part in new[] { "limits", "requests" })
                (container!["resources"]![part]!["cpu"], container["resources"]![part]!["memory"]) = (cpu, memory);
        }
    });

    private static async Task<CgroupResources?> EnforcedAsync(TestNode node, string container) =>
        (await node.Agent.Runtime.ListAsync(TestContext.Current.CancellationToken)).ShouldHaveSingleItem().Newest(container)!.Resources;

    private static V1Pod Limited(V1Pod pod, string cpu, string memory)
    {
        Limited(pod.Spec.Containers[0], cpu, memory);
        return pod;
    }

    private static V1Container Limited(V1Container container, string cpu, string memory)
    {
        var amounts = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu), ["memory"] = new(memory) };
        container.Resources = new V1ResourceRequirements { Requests = amounts, Limits = amounts };
        return container;
    }

    private async Task<TestNode> StartAsync(RuntimeKind engine)
    {
        if (engine == RuntimeKind.Docker)
            docker.SkipIfAbsent();
        else
            await containerd.RequireAsync();
        return await TestNode.StartAsync(engine, options => engine == RuntimeKind.Docker ? options : options with { ContainerRuntimeEndpoint = containerd.Endpoint });
    }
}
