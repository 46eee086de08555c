using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Containers that are added to a running pod, the same on every runtime that runs something.</summary>
public sealed class EphemeralContainerTests(DockerMachine docker) : IDisposable
{
    private readonly X509Certificate2 _authority = TestCertificates.Authority("the cluster");
    private readonly string _mark = Random.Shared.Next(100_000, 999_999).ToString(null, null);

    public static TheoryData<string> Runtimes => ["Process", "Docker"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Container_AddedToAPodWithATarget_SeesItsProcessesAndIsAttachedTo(string runtime)
    {
        await using var node = await StartAsync(runtime);
        await AddAsync(node, new V1EphemeralContainer
        {
            Name = "tools",
            Image = DockerMachine.Image,
            ImagePullPolicy = "IfNotPresent",
            Command = ["sh", "-c", "while read x; do grep -l $x /proc/[0-9]*/cmdline; echo that is all; done; exit 3"],
            Stdin = true,
            StdinOnce = true,
            TargetContainerName = "main",
        });
        await node.PodAsync("a", pod => StatusOf(pod)?.State.Running is not null, "it runs");

        using var caller = TestCertificates.Caller(_authority, "system:kube-apiserver");
        using var connections = ChannelClient.Connect(caller);
        await using var attached = await ChannelClient.OpenAsync(connections, node, "/attach/default/a/tools?input=1&output=1");
        await attached.SendAsync(0, $"{_mark}\n");
        await attached.SeesAsync(1, "that is all\n");
        attached.Text(1).ShouldMatch("/proc/[0-9]+/cmdline\n");
        await attached.EndInputAsync();

        var ended = await node.PodAsync("a", pod => StatusOf(pod)?.State.Terminated is not null, "it has ended");
        (StatusOf(ended)!.State.Terminated.ExitCode, StatusOf(ended)!.RestartCount, ended.Status.Phase).ShouldBe((3, 0, "Running"));
        TestPods.IsReady(ended).ShouldBeTrue("the pod is as ready as without it");
    }

    [Fact]
    public async Task Container_WhoseTargetDoesNotRun_WaitsAndSaysWhy()
    {
        await using var node = await StartAsync("Docker");
        await AddAsync(node, new V1EphemeralContainer { Name = "tools", Image = DockerMachine.Image, ImagePullPolicy = "IfNotPresent", TargetContainerName = "late" });
        var waiting = await node.PodAsync("a", pod => StatusOf(pod)?.State.Waiting?.Reason == "CreateContainerConfigError", "it waits");
        StatusOf(waiting)!.State.Waiting.Message.ShouldBe("unable to find target container late");
    }

    public void Dispose() => _authority.Dispose();

    private static V1ContainerStatus? StatusOf(V1Pod pod) => pod.Status?.EphemeralContainerStatuses?.FirstOrDefault(status => status.Name == "tools");

    private static async Task AddAsync(TestNode node, V1EphemeralContainer container)
    {
        var pod = await node.PodAsync("a", p => TestPods.Status(p)?.State?.Running is not null, "it runs");
        pod.Spec.EphemeralContainers = [container];
        node.Put(pod);
    }

    private async Task<TestNode> StartAsync(string runtime)
    {
        if (runtime == "Docker")
            docker.SkipIfAbsent();
        var node = await TestNode.StartAsync(
            runtime == "Docker" ? RuntimeKind.Docker : RuntimeKind.Process, options => options with { Index = runtime == "Docker" ? 48 : 49, ClientAuthorities = [_authority] });
        node.Put(TestPods.Shell("a", $"sleep {_mark} & while :; do sleep 0.1; done", image: DockerMachine.Image));
        return node;
    }
}
