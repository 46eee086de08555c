using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>What the node knows of the images and of the files of containers on a real engine.</summary>
public sealed class DockerImageTests(DockerMachine machine)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Image_OfAPod_IsInUseUntilThePodIsGone()
    {
        machine.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        var runtime = node.Agent.Runtime;
        var (repository, tag) = ("orleansorchestrator-test/removed", Guid.NewGuid().ToString("N"));
        var name = $"{repository}:{tag}";
        await machine.ImportAsync(repository, tag);
        node.Put(TestPods.Shell("a", "cat /bin/busybox > /data/copy; while :; do cat /bin/busybox | ls; sleep 1; done", image: name));
        var pod = await node.PodAsync("a", TestPods.IsReady, "it runs");

        var used = await FindAsync(runtime, name);
        used.IsInUse.ShouldBeTrue();
        used.IsPinned.ShouldBeTrue("no registry has it");
        used.LastUsed.ShouldNotBeNull();
        (await runtime.RemoveImageAsync(used, Cancelled)).ShouldBeFalse();
        await Eventually.HoldsAsync(() => node.Api.Get<V1Node>($"api/v1/nodes/{node.Options.Name}")?.Status.Images?.Any() is true, "the node tells its images");
        var sandbox = (await runtime.InspectAsync(pod.Metadata.Uid, Cancelled)).ShouldNotBeNull();
        var storage = (await runtime.MeasureStorageAsync([sandbox], Cancelled))[sandbox.Running.Single().Id];
        storage.Root.Bytes.ShouldBeGreaterThan(500_000);

        node.Delete("a", 0);
        await Eventually.HoldsAsync(() => node.Pod("a") is null, "it is gone");
        var unused = await FindAsync(runtime, name);
        unused.IsInUse.ShouldBeFalse();
        (await runtime.RemoveImageAsync(unused, Cancelled)).ShouldBeTrue();
        (await runtime.RemoveImageAsync(unused, Cancelled)).ShouldBeTrue("it is gone already");
        (await runtime.ListImagesAsync(Cancelled)).ShouldNotContain(image => image.Names.Contains(name));
    }

    [Fact]
    public async Task Image_OfAVolume_IsInUseUntilThePodIsGoneAlsoAfterARestart()
    {
        machine.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        var (repository, tag) = ("orleansorchestrator-test/shown", Guid.NewGuid().ToString("N"));
        var name = $"{repository}:{tag}";
        await machine.ImportAsync(repository, tag);
        var pod = TestPods.Shell("a", "while :; do sleep 1; done", image: DockerMachine.Image);
        pod.Spec.Volumes = [new V1Volume { Name = "data", Image = new V1ImageVolumeSource { Reference = name, PullPolicy = "Never" } }];
        node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, "it runs");

        (await FindAsync(node.Agent.Runtime, name)).IsInUse.ShouldBeTrue();
        await node.StopAgentAsync();
        await node.StartAgentAsync();
        var used = await FindAsync(node.Agent.Runtime, name);
        used.IsInUse.ShouldBeTrue("the pod still shows it");
        (await node.Agent.Runtime.RemoveImageAsync(used, Cancelled)).ShouldBeFalse();

        node.Delete("a", 0);
        await Eventually.HoldsAsync(() => node.Pod("a") is null, "it is gone");
        var unused = await FindAsync(node.Agent.Runtime, name);
        unused.IsInUse.ShouldBeFalse();
        (await node.Agent.Runtime.RemoveImageAsync(unused, Cancelled)).ShouldBeTrue();
    }

    private static async Task<NodeImage> FindAsync(IContainerRuntime runtime, string name) =>
        (await runtime.ListImagesAsync(Cancelled)).Single(image => image.Names.Contains(name));
}
