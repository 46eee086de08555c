using k8s.Models;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The disk of the daemon's folder is full: what runs goes on, nothing that was known is lost, and what needs room says so and waits.</summary>
public sealed class DiskFullTests : IDisposable
{
    private const string Idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
    private const long DiskBytes = 2 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("disk-full-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Container_ThatEndsOnAFullDisk_IsReportedWithItsOwnCode()
    {
        await using var node = await StartAsync();
        var (begun, end) = (Path.Combine(_folder, "begun"), Path.Combine(_folder, "end"));
        node.Put(TestPods.Shell("a", $"touch {begun}; until test -e {end}; do sleep 0.1; done; exit 7", "Never"));
        await Eventually.HoldsAsync(() => File.Exists(begun), "its program runs");

        Fill(node);
        await File.WriteAllTextAsync(end, "", TestContext.Current.CancellationToken);

        var ended = await node.PodAsync("a", pod => pod.Status.Phase == "Failed", "it has ended");
        TestPods.Status(ended)!.State.Terminated.ExitCode.ShouldBe(7);
    }

    [Theory]
    [InlineData(RuntimeKind.Process)]
    [InlineData(RuntimeKind.Docker)]
    public async Task Daemon_RestartedOnAFullDisk_RunsItsPodsOnAndStartsOthersWhenThereIsRoom(RuntimeKind runtime)
    {
        await using var node = await StartAsync(runtime == RuntimeKind.Docker ? FakeEngine.Start() : null);
        node.Put(TestPods.Shell("a", Idle, image: DockerMachine.Image));
        var before = await node.PodAsync("a", TestPods.IsReady, "it runs");
        node.Put(TestPods.Shell("b", Idle, image: DockerMachine.Image));
        await node.PodAsync("b", TestPods.IsReady, "it runs");

        var filling = Fill(node);
        await node.StopAgentAsync();
        // As after an upgrade from a version that kept none.
        foreach (var file in Directory.EnumerateFiles(node.Options.DataDirectory, "allocated.json", SearchOption.AllDirectories).ToList())
            File.Delete(file);
        Fill(node);
        await node.StartAgentAsync();
        node.Delete("b", 5);
        await Eventually.HoldsAsync(() => node.Pod("b") is null, "a pod can be ended");
        Fill(node);
        node.Put(TestPods.Shell("c", Idle, image: DockerMachine.Image));

        await Eventually.HoldsAsync(() => Warnings(node, "c").Any(message => message.Contains("No space left on device", StringComparison.OrdinalIgnoreCase)), "the other says why it waits");
        node.Put(TestPods.Shell("d", Idle, image: DockerMachine.Image));
        await Eventually.HoldsAsync(() => Warnings(node, "d").Any(), "it has been tried");
        node.Delete("d", 0);
        await Eventually.HoldsAsync(() => node.Pod("d") is null, "a pod that could not start can be ended");
        TestPods.Status(node.Pod("a")!)!.ContainerID.ShouldBe(TestPods.Status(before)!.ContainerID);
        TestPods.Status(node.Pod("a")!)!.RestartCount.ShouldBe(0);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(filling)!, "filling-*"))
            File.Delete(file);
        await node.PodAsync("c", TestPods.IsReady, "it runs");
    }

    [Fact]
    public async Task Volume_WhoseUpdateFindsNoRoom_ShowsTheOldContentUntilThereIsSome()
    {
        const string path = "api/v1/namespaces/default/configmaps/settings";
        await using var node = await StartAsync();
        node.Api.Put(path, MapOf("old"));
        var pod = TestPods.Shell("a", Idle);
        pod.Spec.Volumes = [new V1Volume { Name = "config", ConfigMap = new V1ConfigMapVolumeSource { Name = "settings" } }];
        node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, "it runs");
        var shown = Directory.EnumerateDirectories(node.Options.DataDirectory, "config", SearchOption.AllDirectories).Single();

        var filling = Fill(node);
        node.Api.Put(path, MapOf("new"));
        await Eventually.HoldsAsync(() => Warnings(node, "a").Any(message => message.Contains("MountVolume.SetUp failed for volume \"config\"", StringComparison.Ordinal)), "it says so");

        Read().ShouldBe(("old", "old"));
        File.Delete(filling);
        await Eventually.HoldsAsync(() => Read() == ("new", "new"), "it shows the new content");

        (string, string) Read() => (File.ReadAllText(Path.Combine(shown, "one"))[..3], File.ReadAllText(Path.Combine(shown, "two"))[..3]);

        static V1ConfigMap MapOf(string value) => new()
        {
            Metadata = new V1ObjectMeta { Name = "settings", NamespaceProperty = "default" },
            Data = new Dictionary<string, string> { ["one"] = $"{value}{new string('.', 10_000)}", ["two"] = $"{value}{new string('.', 10_000)}" },
        };
    }

    [Fact]
    public async Task Node_OnAFullDisk_RemembersItsLease()
    {
        await using var node = await StartAsync();
        var file = Path.Combine(node.Options.DataDirectory, "lease-acknowledged");
        await Eventually.HoldsAsync(() => File.Exists(file + ".next"), "the lease is renewed");

        Fill(node);
        var before = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

        await Eventually.HoldsAsync(() => File.ReadAllText(file) != before, "a later renewal is remembered");
    }

    [Fact]
    public void ShownFile_ForWhichThereIsNoRoom_KeepsWhatItHad()
    {
        var place = Path.Combine(_folder, "small");
        Directory.CreateDirectory(place);
        MountOrSkip(place, 64 << 10);
        try
        {
            var (file, other) = (Path.Combine(place, "etc-hosts"), Path.Combine(place, "filling-1"));
            ShownFile.Write(file, "127.0.0.1 localhost\n");
            FillUp(other);

            Should.Throw<IOException>(() => ShownFile.Write(file, new string('x', 200_000)));
            File.ReadAllText(file).ShouldBe("127.0.0.1 localhost\n");
            ShownFile.Write(file, "127.0.0.1 other\n");
            File.ReadAllText(file).ShouldBe("127.0.0.1 other\n");
        }
        finally
        {
            Mounts.Unmount(place);
        }
    }

    private static async Task<TestNode> StartAsync(FakeEngine? engine = null)
    {
        var probe = Directory.CreateTempSubdirectory("disk-probe-").FullName;
        MountOrSkip(probe, 4096);
        Mounts.Unmount(probe);
        Directory.Delete(probe);
        return engine is null ? await TestNode.StartAsync(RuntimeKind.Process, Adjusted, diskBytes: DiskBytes) : await TestNode.StartAsync(engine, Adjusted, diskBytes: DiskBytes);

        static NodeAgentOptions Adjusted(NodeAgentOptions options) =>
            options with { SyncPeriod = TimeSpan.FromSeconds(1), LeaseRenewInterval = TimeSpan.FromMilliseconds(500) };
    }

    private static void MountOrSkip(string place, long bytes)
    {
        try
        {
            Mounts.Memory(place, bytes, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (IOException exception)
        {
            Assert.Skip($"This process may not mount a disk: {exception.Message}");
        }
    }

    private static string Fill(TestNode node)
    {
        var file = Path.Combine(Path.GetFullPath(node.Options.DataDirectory), $"filling-{Guid.NewGuid():N}");
        FillUp(file);
        return file;
    }

    private static void FillUp(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write);
        var block = new byte[4096];
        try
        {
            for (var at = 0L; ; at += block.Length)
                RandomAccess.Write(handle, block, at);
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    private static IEnumerable<string> Warnings(TestNode node, string pod) =>
        node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Where(e => e.InvolvedObject.Name == pod && e.Type == "Warning").Select(e => e.Message);
}
