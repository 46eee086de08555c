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
    private const string Obedient = "trap 'exit 0' TERM; echo set; while :; do sleep 0.1; done";

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
        node.Put(TestPods.Shell("ordinary", $"trap 'sleep 1; exit 0' TERM; echo set; while :; do sleep 0.1; done"));
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

    [Fact]
    public async Task Machine_GoingDown_EndsPodsInTheOrderOfTheirPriorities()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, options => options with
        {
            ShutdownGracePeriodByPodPriority = [new(1000, 20), new(-10, 20), new(0, 20)],
        });
        var slow = "trap 'sleep 1; exit 0' TERM; echo set; while :; do sleep 0.1; done";
        await RunAsync(node, "lowest", -1000, slow);
        await RunAsync(node, "middle", 999, slow);
        await RunAsync(node, "highest", 5000, Obedient);

        await node.Agent.ShutDownAsync(TestContext.Current.CancellationToken);

        var ends = new[] { "lowest", "middle", "highest" }.Select(name => TestPods.Status(node.Pod(name)!)!.State.Terminated.FinishedAt!.Value).ToList();
        ends.ShouldBeInOrder();
        ends[1].ShouldBeGreaterThan(ends[0]);
    }

    [Fact]
    public async Task Shutdown_ThatLogindTellsOf_WaitsForThePodsAndMayBeCalledOff()
    {
        await using var logind = await FakeLogind.StartAsync();
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, options => options with { ShutdownGracePeriod = TimeSpan.FromSeconds(80), ShutdownGracePeriodCriticalPods = TimeSpan.FromSeconds(40) }, before: node =>
        {
            node.Logind = logind.At;
            return Task.CompletedTask;
        });
        await RunAsync(node, "ordinary", 0, "trap 'sleep 0.5; exit 0' TERM; echo set; while :; do sleep 0.1; done");
        var mayEnd = Path.Combine(node.Options.DataDirectory, "may-end");
        await RunAsync(node, "critical", 2_000_000_000, $"trap '' TERM; echo set; while [ ! -e {mayEnd} ]; do sleep 0.1; done");
        await Eventually.HoldsAsync(() => logind.IsLocked);

        logind.Say(true);

        await node.PodAsync("ordinary", pod => pod.Status.Reason == "Terminated", "it has ended");
        await Eventually.IsAsync(() => ReadyOf(node), ("False", "node is shutting down"));
        logind.IsLocked.ShouldBeTrue();
        node.Put(TestPods.Shell("late", Obedient));
        await node.PodAsync("late", pod => pod.Status?.Reason == "NodeShutdown", "it is refused");
        logind.Say(false);
        await Eventually.IsAsync(() => ReadyOf(node).Status, "True");
        await Eventually.HoldsAsync(() => logind.Taken == 2 && logind.IsLocked);
        await RunAsync(node, "next", 0, Obedient);

        await File.WriteAllTextAsync(mayEnd, "", TestContext.Current.CancellationToken);
        logind.Say(true);

        await node.PodAsync("next", pod => pod.Status.Reason == "Terminated", "it has ended");
        await Eventually.IsAsync(() => logind.IsLocked, false);
        node.Pod("critical")!.Status.Phase.ShouldBe("Failed");
    }

    private static (string Status, string Message) ReadyOf(TestNode node)
    {
        var ready = node.Api.List<V1Node>("api/v1/nodes/").Single().Status.Conditions.Single(condition => condition.Type == "Ready");
        return (ready.Status, ready.Message);
    }

    private static async Task RunAsync(TestNode node, string name, int priority, string script)
    {
        var pod = TestPods.Shell(name, script);
        pod.Spec.Priority = priority;
        pod.Spec.TerminationGracePeriodSeconds = 60;
        node.Put(pod);
        var running = await node.PodAsync(name, TestPods.IsReady, "it runs");
        await Eventually.HoldsAsync(() => LogOf(node, running).Contains("set", StringComparison.Ordinal), "it hears signals");
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
