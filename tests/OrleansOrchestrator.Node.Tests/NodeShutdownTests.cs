using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>A machine that goes down ends its pods in time, and says so in the kubelet's words.</summary>
public sealed class NodeShutdownTests
{
    private const string Stubborn = "trap 'echo no' TERM; echo set; while :; do sleep 0.1; done";
    private const string Obedient = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

    [Fact]
    public async Task Machine_GoingDown_EndsItsPodsAndTheirStatusSaysWhy()
    {
        await using var node = await StartAsync(30, 10);
        node.Put(TestPods.Shell("a", Obedient));
        await node.PodAsync("a", TestPods.IsReady, "it runs");

        await node.Agent.ShutDownAsync(TestContext.Current.CancellationToken);

        var pod = node.Pod("a").ShouldNotBeNull();
        (pod.Status.Phase, pod.Status.Reason, pod.Status.Message).ShouldBe(("Failed", "Terminated", "Pod was terminated in response to imminent node shutdown."));
        var condition = pod.Condition(PodConditionTypes.DisruptionTarget).ShouldNotBeNull();
        (condition.Status, condition.Reason, condition.Message).ShouldBe(("True", "TerminationByKubelet", "Pod was terminated in response to imminent node shutdown."));
        var ready = node.Api.List<V1Node>("api/v1/nodes/").Single().Status.Conditions.Single(condition => condition.Type == "Ready");
        (ready.Status, ready.Reason, ready.Message).ShouldBe(("False", "KubeletNotReady", "node is shutting down"));
    }

    [Fact]
    public async Task Machine_GoingDown_EndsCriticalPodsLast()
    {
        await using var node = await StartAsync(30, 10);
        node.Put(TestPods.Shell("ordinary", $"trap 'sleep 1; exit 0' TERM; while :; do sleep 0.1; done"));
        var critical = TestPods.Shell("critical", Obedient);
        critical.Spec.Priority = 2_000_001_000;
        node.Put(critical);
        await node.PodAsync("ordinary", TestPods.IsReady, "it runs");
        await node.PodAsync("critical", TestPods.IsReady, "it runs");

        await node.Agent.ShutDownAsync(TestContext.Current.CancellationToken);

        var ordinaryEnded = TestPods.Status(node.Pod("ordinary")!)!.State.Terminated.FinishedAt!.Value;
        TestPods.Status(node.Pod("critical")!)!.State.Terminated.FinishedAt!.Value.ShouldBeGreaterThanOrEqualTo(ordinaryEnded);
        node.Pod("critical")!.Status.Phase.ShouldBe("Failed");
    }

    [Fact]
    public async Task Machine_GoingDown_KillsPodsThatTakeTooLong()
    {
        await using var node = await StartAsync(1, 0);
        node.Put(TestPods.Shell("a", Stubborn));
        var pod = await node.PodAsync("a", TestPods.IsReady, "it runs");
        await Eventually.HoldsAsync(() => LogOf(node, pod).Contains("set", StringComparison.Ordinal), "it heeds no signal");

        await node.Agent.ShutDownAsync(TestContext.Current.CancellationToken);

        TestPods.Status(node.Pod("a")!)!.State.Terminated.ExitCode.ShouldBe(137);
    }

    [Fact]
    public async Task Machine_GoingDown_RefusesNewPods()
    {
        await using var node = await StartAsync(30, 10);
        await node.Agent.ShutDownAsync(TestContext.Current.CancellationToken);

        node.Put(TestPods.Shell("late", Obedient));

        var pod = await node.PodAsync("late", pod => pod.Status?.Phase == "Failed", "it is refused");
        (pod.Status.Reason, pod.Status.Message).ShouldBe(("NodeShutdown", "Pod was rejected: Pod was rejected as the node is shutting down."));
        pod.Condition(PodConditionTypes.DisruptionTarget).ShouldBeNull();
    }

    [Fact]
    public async Task Machine_GoingDownWithoutTimeForIt_LeavesPodsAlone()
    {
        await using var node = await StartAsync(0, 0);
        node.Put(TestPods.Shell("a", Obedient));
        await node.PodAsync("a", TestPods.IsReady, "it runs");

        await node.Agent.ShutDownAsync(TestContext.Current.CancellationToken);

        node.Pod("a")!.Status.Phase.ShouldBe("Running");
    }

    private static string LogOf(TestNode node, V1Pod pod)
    {
        using var output = new MemoryStream();
        var copy = node.Agent.Runtime.CopyLogsAsync($"{pod.Metadata.Uid}.main.0", new LogQuery(), output, TestContext.Current.CancellationToken);
        return copy.IsCompletedSuccessfully ? Encoding.UTF8.GetString(output.ToArray()) : "";
    }

    private static Task<TestNode> StartAsync(int seconds, int critical) => TestNode.StartAsync(RuntimeKind.Process, options => options with
    {
        ShutdownGracePeriod = TimeSpan.FromSeconds(seconds),
        ShutdownGracePeriodCriticalPods = TimeSpan.FromSeconds(critical),
    });
}
