using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Sources;

/// <summary>A whole daemon with static pods, as processes.</summary>
public sealed class StaticPodTests(DockerMachine docker) : IDisposable
{
    private const string Web = "web.yaml";
    private static int s_index = 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("manifests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Manifest_Added_RunsAndIsShownByAMirrorPod()
    {
        Write(Web, "web", "echo hello; sleep 1000");
        await using var node = await StartAsync();

        var mirror = await MirrorAsync(node, "web", TestPods.IsReady, "it runs");
        var meta = mirror.Metadata;
        var owner = meta.OwnerReferences.ShouldHaveSingleItem();
        (owner.ApiVersion, owner.Kind, owner.Name, owner.Controller, owner.BlockOwnerDeletion).ShouldBe(("v1", "Node", node.Options.Name, true, null));
        owner.Uid.ShouldBe(node.Api.Get<V1Node>($"api/v1/nodes/{node.Options.Name}")!.Metadata.Uid);
        meta.Annotations["kubernetes.io/config.mirror"].ShouldBe(meta.Annotations["kubernetes.io/config.hash"]);
        meta.Annotations["kubernetes.io/config.source"].ShouldBe("file");
        meta.Annotations.ShouldContainKey("kubernetes.io/config.seen");
        meta.Uid.ShouldNotBe(meta.Annotations["kubernetes.io/config.hash"]);
        (await SandboxOfAsync(node, mirror)).ShouldNotBeNull();

        Write("b.json", "b", "sleep 1000", asJson: true);
        await MirrorAsync(node, "b", TestPods.IsReady, "the second runs");
        TestPods.Status(Mirror(node, "web")!)!.RestartCount.ShouldBe(0);
    }

    [Fact]
    public async Task Mirror_Deleted_ComesBackAndThePodRunsOn()
    {
        Write(Web, "web", "sleep 1000");
        await using var node = await StartAsync();
        var first = await MirrorAsync(node, "web", TestPods.IsReady, "it runs");

        node.Api.Remove(PathOf(node, "web"));
        var second = await MirrorAsync(node, "web", pod => pod.Metadata.Uid != first.Metadata.Uid && TestPods.IsReady(pod), "the mirror is back");
        SameContainer(second, first);

        // As kubectl delete does: the object stays until the node has ended the pod.
        node.Delete($"web-{node.Options.Name}", 30);
        var third = await MirrorAsync(
            node, "web", pod => pod.Metadata.Uid != second.Metadata.Uid && pod.Metadata.DeletionTimestamp is null && TestPods.IsReady(pod), "the mirror is back");
        SameContainer(third, first);
    }

    [Fact]
    public async Task Manifest_Changed_MakesAnotherPodAfterTheFormerHasEnded()
    {
        Write(Web, "web", "trap 'echo bye; sleep 1; exit 0' TERM; echo one; while :; do sleep 0.1; done", more: "terminationGracePeriodSeconds: 30");
        await using var node = await StartAsync();
        var first = await MirrorAsync(node, "web", TestPods.IsReady, "it runs");
        await Eventually.HoldsAsync(() => LogOf(node, HashOf(first)).Contains("one", StringComparison.Ordinal), "its trap is set");

        Write(Web, "web", "echo two; sleep 1000");
        var second = await MirrorAsync(node, "web", pod => HashOf(pod) != HashOf(first) && TestPods.IsReady(pod), "the new one runs");
        second.Metadata.Uid.ShouldNotBe(first.Metadata.Uid);
        var pods = await node.Agent.Runtime.ListAsync(TestContext.Current.CancellationToken);
        pods.ShouldHaveSingleItem().PodUid.ShouldBe(HashOf(second));
    }

    [Fact]
    public async Task Manifest_Gone_EndsThePodAndItsMirror()
    {
        Write(Web, "web", "sleep 1000");
        Write("other.yaml", "other", "sleep 1000");
        await using var node = await StartAsync();
        await MirrorAsync(node, "web", TestPods.IsReady, "it runs");
        await MirrorAsync(node, "other", TestPods.IsReady, "the other runs");

        File.Delete(Path.Combine(_folder, Web));
        await Eventually.HoldsAsync(() => Mirror(node, "web") is null, "the mirror is gone");
        await Eventually.HoldsAsync(async () => (await node.Agent.Runtime.ListAsync(default)).Count == 1, "nothing of it is left");
        TestPods.IsReady(Mirror(node, "other")!).ShouldBeTrue();

        // The very same manifest is the very same pod, which starts once more.
        Write(Web, "web", "sleep 1000");
        await MirrorAsync(node, "web", TestPods.IsReady, "it runs again");
    }

    [Fact]
    public async Task Manifest_ThatCannotBeUsed_LosesNothing()
    {
        Write(Web, "web", "sleep 1000");
        await using var node = await StartAsync();
        var running = await MirrorAsync(node, "web", TestPods.IsReady, "it runs");

        File.WriteAllText(Path.Combine(_folder, Web), "kind: Pod\nmetadata: [");
        File.WriteAllText(Path.Combine(_folder, ".hidden.yaml"), Manifest("hidden", "sleep 1000"));
        Directory.CreateDirectory(Path.Combine(_folder, "folder.yaml"));
        Write("twin.yaml", "web", "sleep 2000");
        Write("z.yaml", "z", "sleep 1000");
        await MirrorAsync(node, "z", TestPods.IsReady, "what is well-formed runs");
        SameContainer(Mirror(node, "web")!, running);
        Mirror(node, "hidden").ShouldBeNull();

        // Nor over a restart.
        await node.StopAgentAsync();
        await node.StartAgentAsync();
        File.Delete(Path.Combine(_folder, "z.yaml"));
        await Eventually.HoldsAsync(() => Mirror(node, "z") is null, "what is gone has ended");
        SameContainer(Mirror(node, "web")!, running);
    }

    [Fact]
    public async Task Api_AwayFromTheBeginning_HoldsUpNoStaticPod()
    {
        Write(Web, "web", "sleep 1000");
        await using var node = await StartAsync(node => node.Api.PauseAsync());

        await Eventually.HoldsAsync(async () => (await RunningAsync(node)).Count == 1, "it runs");
        var before = (await RunningAsync(node)).Single();
        await node.StopAgentAsync();
        await node.StartAgentAsync();
        await node.Api.ResumeAsync();
        var mirror = await MirrorAsync(node, "web", TestPods.IsReady, "the API shows it");
        TestPods.Status(mirror)!.ContainerID.ShouldBe($"process://{before}");
        TestPods.Status(mirror)!.RestartCount.ShouldBe(0);
    }

    [Fact]
    public async Task Engine_OfANodeThatHasNeverReachedItsCluster_RunsStaticPodsAndKeepsThemAfterwards()
    {
        docker.SkipIfAbsent();
        var manifest = Manifest("web", "while :; do sleep 0.1; done").Replace("image: i", $"image: {DockerMachine.Image}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder, Web), manifest, TestContext.Current.CancellationToken);
        await using var node = await TestNode.StartAsync(
            RuntimeKind.Docker, options => options with { StaticPodPath = _folder }, before: node => node.Api.PauseAsync());
        await Eventually.HoldsAsync(async () => (await RunningAsync(node)).Count == 1, "it runs");
        var container = (await RunningAsync(node)).Single();

        await node.Api.ResumeAsync();
        var mirror = await MirrorAsync(node, "web", TestPods.IsReady, "the API shows it");
        await node.StopAgentAsync();
        await node.StartAgentAsync();
        node.Put(TestPods.Shell("assigned", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        await node.PodAsync("assigned", TestPods.IsReady, "what is assigned runs too");
        (await RunningAsync(node)).ShouldContain(container);
        SameContainer(Mirror(node, "web")!, mirror);

        // What is in the cluster is found by its id.
        (await DockerMachine.ContainersOfAsync(docker.Client, node)).Count.ShouldBe(2);
        File.Delete(Path.Combine(_folder, Web));
        await Eventually.HoldsAsync(() => Mirror(node, "web") is null, "the mirror is gone");
        (await RunningAsync(node)).ShouldNotContain(container);
    }

    [Fact]
    public async Task Manifest_GoneWhileTheDaemonWasAway_EndsItsPodWithoutTheApi()
    {
        Write(Web, "web", "sleep 1000");
        Write("b.yaml", "b", "sleep 1000");
        await using var node = await StartAsync();
        await MirrorAsync(node, "web", TestPods.IsReady, "it runs");
        var other = await MirrorAsync(node, "b", TestPods.IsReady, "the other runs");

        await node.StopAgentAsync();
        await node.Api.PauseAsync();
        File.Delete(Path.Combine(_folder, Web));
        await node.StartAgentAsync();
        await Eventually.HoldsAsync(async () => (await RunningAsync(node)).Count == 1, "only the other runs");
        await node.Api.ResumeAsync();
        await Eventually.HoldsAsync(() => Mirror(node, "web") is null, "the mirror is gone");
        SameContainer(Mirror(node, "b")!, other);
    }

    [Fact]
    public async Task Node_WithoutTheControlPlane_KeepsItsStaticPodsAndStopsTheOthers()
    {
        Write(Web, "web", "sleep 1000");
        var times = new FencingTimes { LeaseDuration = TimeSpan.FromSeconds(1.5), DefaultToleration = TimeSpan.FromSeconds(1.5), FencingTime = TimeSpan.FromSeconds(1.8), StopTime = TimeSpan.FromSeconds(1) };
        await using var node = await StartAsync(adjust: options => options with { Times = times, LeaseRenewInterval = TimeSpan.FromSeconds(0.3) });
        var running = await MirrorAsync(node, "web", TestPods.IsReady, "it runs");
        node.Put(TestPods.Shell("assigned", "sleep 1000"));
        await node.PodAsync("assigned", TestPods.IsReady, "the other runs");

        await node.Api.PauseAsync();
        await Eventually.HoldsAsync(async () => (await RunningAsync(node)).Count == 1, "the other is stopped");
        TestPods.Status(running)!.ContainerID.ShouldBe($"process://{(await RunningAsync(node)).Single()}");
        await node.Api.ResumeAsync();
        await node.PodAsync("assigned", TestPods.IsReady, "the other is back");
        SameContainer(await MirrorAsync(node, "web", TestPods.IsReady, "it is shown"), running);
    }

    [Fact]
    public async Task Node_ThatHasNotJoined_RunsItsStaticPodsAndTheJoinedOneTakesThemOver()
    {
        Write(Web, "web", "sleep 1000");
        await using var node = await StartAsync(before: node =>
        {
            node.HasJoined = false;
            return Task.CompletedTask;
        });
        await Eventually.HoldsAsync(async () => (await RunningAsync(node)).Count == 1, "it runs");
        var running = (await RunningAsync(node)).Single();
        node.Api.Requests.ShouldBeEmpty("nothing is said to a cluster that is not known");

        await node.StopAgentAsync();
        node.HasJoined = true;
        await node.StartAgentAsync();

        var mirror = await MirrorAsync(node, "web", TestPods.IsReady, "it is shown");
        (TestPods.Status(mirror)!.ContainerID, TestPods.Status(mirror)!.RestartCount).ShouldBe(($"process://{running}", 0));
    }

    [Fact]
    public async Task Mirror_OfNoStaticPod_IsDeleted()
    {
        await using var node = await StartAsync();
        var stray = TestPods.Shell("stray", "sleep 1000");
        stray.Metadata.Annotations = new Dictionary<string, string> { ["kubernetes.io/config.mirror"] = "x" };
        node.Put(stray);

        await Eventually.HoldsAsync(() => node.Pod("stray") is null, "it is gone");
        (await node.Agent.Runtime.ListAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pod_OfTheApiThatSaysItIsStatic_IsNot()
    {
        await using var node = await StartAsync(adjust: options => options with { MaxPods = 110 });
        var pod = TestPods.Shell("a", "sleep 1000");
        pod.Metadata.Annotations = new Dictionary<string, string> { ["kubernetes.io/config.source"] = "file" };
        node.Put(pod);

        await node.PodAsync("a", TestPods.IsReady, "it runs");
        node.Agent.Pods.Find("default", "a")!.Pod!.IsStatic.ShouldBeFalse();
    }

    private async Task<TestNode> StartAsync(Func<TestNode, Task>? before = null, Func<NodeAgentOptions, NodeAgentOptions>? adjust = null)
    {
        var index = Interlocked.Increment(ref s_index);
        return await TestNode.StartAsync(
            RuntimeKind.Process,
            options => (adjust ?? (same => same))(options with { StaticPodPath = _folder, Index = index, FileCheckFrequency = TimeSpan.FromSeconds(2) }),
            before: before);
    }

    private void Write(string file, string name, string script, bool asJson = false, string more = "terminationGracePeriodSeconds: 1")
    {
        // As editors and tools do: the whole file appears at once.
        var hidden = Path.Combine(_folder, $".{file}.new");
        var json = $"{{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{\"containers\":[{{\"name\":\"main\",\"image\":\"i\",\"command\":[\"/bin/sh\",\"-c\",\"{script}\"]}}]}}}}";
        File.WriteAllText(hidden, asJson ? json : Manifest(name, script, more));
        File.Move(hidden, Path.Combine(_folder, file), overwrite: true);
    }

    private static string Manifest(string name, string script, string more = "terminationGracePeriodSeconds: 1") =>
        $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n  {more}\n  containers:\n  - name: main\n    image: i\n    command: [/bin/sh, -c, \"{script}\"]\n";

    private static string PathOf(TestNode node, string name) => TestNode.PathOf($"{name}-{node.Options.Name}");

    private static V1Pod? Mirror(TestNode node, string name) => node.Api.Get<V1Pod>(PathOf(node, name));

    private static Task<V1Pod> MirrorAsync(TestNode node, string name, Func<V1Pod, bool> condition, string what) =>
        node.PodAsync($"{name}-{node.Options.Name}", condition, what);

    private static string HashOf(V1Pod mirror) => mirror.Metadata.Annotations["kubernetes.io/config.hash"];

    private static Task<PodSandbox?> SandboxOfAsync(TestNode node, V1Pod mirror) =>
        node.Agent.Runtime.InspectAsync(HashOf(mirror), TestContext.Current.CancellationToken);

    private static void SameContainer(V1Pod one, V1Pod other) => TestPods.Status(one)!.ContainerID.ShouldBe(TestPods.Status(other)!.ContainerID);

    private static async Task<List<string>> RunningAsync(TestNode node) =>
        [.. (await node.Agent.Runtime.ListAsync(TestContext.Current.CancellationToken)).SelectMany(pod => pod.Running).Select(container => container.Id)];

    private static string LogOf(TestNode node, string uid)
    {
        using var output = new MemoryStream();
        var copy = node.Agent.Runtime.CopyLogsAsync($"{uid}.main.0", new LogQuery(), output, TestContext.Current.CancellationToken);
        return copy.IsCompletedSuccessfully ? Encoding.UTF8.GetString(output.ToArray()) : "";
    }
}
