using k8s.Models;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The API is away for longer than any request waits: pods go on by themselves, and what happened is told afterwards.</summary>
public sealed class ApiOutageTests
{
    private const int Pods = 20;

    [Fact]
    public async Task Pods_WhoseApiIsAway_AreRestartedAndToldOfAfterwardsWithoutAStorm()
    {
        var engine = FakeEngine.Start();
        await using var node = await TestNode.StartAsync(engine, options => options with { RestartDelay = TimeSpan.FromMilliseconds(100) });
        for (var i = 0; i < Pods; i++)
        {
            var pod = TestPods.Shell($"p{i}", "while :; do sleep 0.1; done", image: DockerMachine.Image);
            // They stay whatever the silence.
            pod.Spec.Tolerations = [new V1Toleration { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", Effect = "NoExecute" }];
            node.Put(pod);
        }

        for (var i = 0; i < Pods; i++)
            await node.PodAsync($"p{i}", TestPods.IsReady, "it runs");

        await node.Api.PauseAsync();
        for (var kill = 0; kill < 2; kill++)
        {
            var killed = engine.Containers.Where(IsOfPod).Where(container => container.State == "running").ToList();
            killed.Count.ShouldBe(Pods);
            foreach (var container in killed)
                container.Kill();
            await Eventually.HoldsAsync(
                () => engine.Containers.Count(container => IsOfPod(container) && container.State == "running" && !killed.Contains(container)) == Pods, "all are restarted");
        }

        var requests = node.Api.Requests.Count;
        await node.Api.ResumeAsync();

        for (var i = 0; i < Pods; i++)
        {
            var told = await node.PodAsync($"p{i}", pod => TestPods.Status(pod)?.RestartCount == 2 && TestPods.IsReady(pod), "it is told");
            TestPods.Status(told)!.LastState.Terminated.ExitCode.ShouldBe(137);
        }

        // One report of each pod or two; the rest is of the node itself, of events and of watches.
        node.Api.Requests.Skip(requests).Count(request => request.EndsWith("/status", StringComparison.Ordinal) && request.Contains("/pods/", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(2 * Pods);
    }

    private static bool IsOfPod(FakeContainer container) => container.Labels?[Runtime.ContainerLabels.Container] is not null;
}
