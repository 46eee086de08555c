using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Volumes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>A container that lays links into its volumes reaches nothing of the host by them, neither itself nor through the daemon.</summary>
public sealed class HostileVolumeTests(DockerMachine docker) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-volume-").FullName;

    public void Dispose()
    {
        Mounts.UnmountBelow(_folder);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("absolute")]
    [InlineData("upwards")]
    [InlineData("absolute/new")]
    [InlineData("inside/../../x")]
    [InlineData("chain/new/deep")]
    [InlineData("dangling")]
    [InlineData("/etc")]
    public void SubPath_ThatLeavesTheVolume_IsRefusedAndMakesNothing(string path)
    {
        var (volume, host) = MakeVolume();

        Should.Throw<ConfigurationException>(() => SubPath.Open(volume, path).Dispose());

        Directory.EnumerateFileSystemEntries(host).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("inside", "inside")]
    [InlineData("link", "inside")]
    [InlineData("link/new/deep", "inside/new/deep")]
    [InlineData("./inside//", "inside")]
    public void SubPath_ThatStaysInTheVolume_IsOpened(string path, string leadsTo)
    {
        var (volume, _) = MakeVolume();

        using var opened = SubPath.Open(volume, path);

        opened.CurrentPath.ShouldBe(Path.Combine(volume, leadsTo));
    }

    [Fact]
    public async Task SubPath_SwappedWhileItIsResolved_NeverLeavesTheVolume()
    {
        var (volume, host) = MakeVolume();
        var (swapped, kept) = (Path.Combine(volume, "swapped"), Path.Combine(volume, "kept"));
        using var over = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                Directory.CreateDirectory(swapped);
                Directory.Move(swapped, kept);
                try
                {
                    File.CreateSymbolicLink(swapped, host);
                    File.Delete(swapped);
                }
                catch (IOException)
                {
                    // The daemon has made it a folder in between.
                }

                DeleteWhileItGrows(kept);
            }
        }, TestContext.Current.CancellationToken);

        for (var i = 0; i < 3000; i++)
        {
            try
            {
                using var opened = SubPath.Open(volume, "swapped/new");
                opened.CurrentPath.ShouldStartWith(volume);
            }
            catch (Exception refused) when (refused is ConfigurationException or IOException)
            {
                // It was a link at that moment, or gone.
            }
        }

        await over.CancelAsync();
        await swapping;
        Directory.EnumerateFileSystemEntries(host).ShouldBeEmpty();
    }

    [Fact]
    public async Task Removal_FolderIsSwappedForALinkMeanwhile_RemovesNothingBehindIt()
    {
        var (parent, host) = (Path.Combine(_folder, "volumes"), Path.Combine(_folder, "host"));
        var (swapped, aside) = (Path.Combine(parent, "volume", "swapped"), Path.Combine(parent, "aside"));
        var precious = Enumerable.Range(0, 20).Select(number => $"precious-{number}").ToList();
        Directory.CreateDirectory(Path.Combine(host, "sub"));
        precious.ForEach(name => File.WriteAllText(Path.Combine(host, "sub", name), ""));
        using var over = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    Directory.Move(swapped, aside);
                    File.CreateSymbolicLink(swapped, host);
                    File.Delete(swapped);
                    Directory.Move(aside, swapped);
                }
                catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
                {
                    DeleteWhileItGrows(aside);
                }
            }
        }, TestContext.Current.CancellationToken);

        for (var i = 0; i < 1000; i++)
        {
            try
            {
                Directory.CreateDirectory(Path.Combine(swapped, "sub"));
                precious.ForEach(name => File.WriteAllText(Path.Combine(parent, "volume", "swapped", "sub", name), ""));
                FolderTree.Remove(Path.Combine(parent, "volume"), TestContext.Current.CancellationToken);
            }
            catch (Exception raced) when (raced is IOException or UnauthorizedAccessException)
            {
                // It has just got another entry, or the folder was a link when it was to be filled.
            }
        }

        await over.CancelAsync();
        await swapping;
        Directory.GetFiles(Path.Combine(host, "sub")).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(precious.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Removal_OfATreeDeeperThanPathsCanBe_LeavesNothing()
    {
        var volume = Path.Combine(_folder, "volume");
        var levels = string.Join('/', Enumerable.Repeat("d", 1500));
        for (var i = 0; i < 3; i++)
        {
            Directory.CreateDirectory(Path.Combine(volume, "new", levels));
            File.CreateSymbolicLink(Path.Combine(volume, "new", "link"), _folder);
            if (i > 0)
                Directory.Move(Path.Combine(volume, "top"), Path.Combine(volume, "new", levels, "top"));
            Directory.Move(Path.Combine(volume, "new"), Path.Combine(volume, "top"));
        }

        FolderTree.Remove(volume, TestContext.Current.CancellationToken);

        Directory.EnumerateFileSystemEntries(_folder).ShouldBeEmpty();
        FolderTree.Remove(volume, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Update_OfADirectoryFullOfLinks_TouchesNothingBehindThem()
    {
        var (volume, host) = (Path.Combine(_folder, "config"), Path.Combine(_folder, "host"));
        Directory.CreateDirectory(Path.Combine(host, "precious"));
        var directory = new AtomicDirectory(volume);
        directory.Write([Text("key", "one"), Text("sub/other", "two")], null);
        var version = new FileInfo(Path.Combine(volume, "..data")).LinkTarget!;

        // What a container could do that could write there.
        Directory.Delete(Path.Combine(volume, version), recursive: true);
        File.CreateSymbolicLink(Path.Combine(volume, version), host);
        File.Delete(Path.Combine(volume, "..data"));
        File.CreateSymbolicLink(Path.Combine(volume, "..data"), "../host");
        File.CreateSymbolicLink(Path.Combine(volume, "..data_tmp"), host);
        File.Delete(Path.Combine(volume, "key"));
        File.CreateSymbolicLink(Path.Combine(volume, "key"), host);
        File.CreateSymbolicLink(Path.Combine(volume, "more"), host);
        directory.Write([Text("key", "one"), Text("sub/other", "two")], null);
        directory.Write([Text("key", "three")], null);

        File.ReadAllText(Path.Combine(volume, "key")).ShouldBe("three");
        Directory.EnumerateFileSystemEntries(host).ShouldBe([Path.Combine(host, "precious")]);
        Directory.EnumerateFileSystemEntries(volume).Select(Path.GetFileName).Count(name => name!.StartsWith("..", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public void Update_OfADaemonThatWasKilledAfterTheSwap_IsFinishedByTheNext()
    {
        var volume = Path.Combine(_folder, "config");
        var directory = new AtomicDirectory(volume);
        directory.Write([Text("old", "one")], null);
        var former = new FileInfo(Path.Combine(volume, "..data")).LinkTarget!;
        directory.Write([Text("new", "two")], null);
        Directory.CreateDirectory(Path.Combine(volume, former));
        File.Delete(Path.Combine(volume, "new"));
        File.CreateSymbolicLink(Path.Combine(volume, "old"), "..data/old");

        directory.Write([Text("new", "two")], null);

        File.ReadAllText(Path.Combine(volume, "new")).ShouldBe("two");
        Directory.EnumerateFileSystemEntries(volume).Count().ShouldBe(3, "the link, the version and the visible name");
    }

    [Fact]
    public async Task Container_ThatMakesItsSubPathALink_DoesNotSeeTheHost()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        var pod = TestPods.Shell("a", "ls /seen", "Never", DockerMachine.Image);
        var hostile = TestPods.Container("hostile", "busybox ln -s / /data/link; echo x >/config/written || echo read-only >/data/tried", DockerMachine.Image);
        hostile.VolumeMounts = [new V1VolumeMount { Name = "data", MountPath = "/data" }, new V1VolumeMount { Name = "config", MountPath = "/config" }];
        pod.Spec.InitContainers = [hostile];
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "data", MountPath = "/seen", SubPath = "link" }];
        pod.Spec.Containers.Add(TestPods.Container("good", "cat /with:colon; while :; do sleep 0.1; done", DockerMachine.Image));
        pod.Spec.Containers[1].VolumeMounts = [new V1VolumeMount { Name = "data", MountPath = "/with:colon", SubPath = "tried" }];
        pod.Spec.Volumes =
        [
            new V1Volume { Name = "data", EmptyDir = new V1EmptyDirVolumeSource() },
            new V1Volume { Name = "config", ConfigMap = new V1ConfigMapVolumeSource { Name = "settings" } },
        ];
        node.Api.Put("api/v1/namespaces/default/configmaps/settings", new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "settings" }, Data = new Dictionary<string, string> { ["k"] = "v" } });
        node.Put(pod);

        var waiting = await node.PodAsync("a", p => TestPods.Status(p)?.State?.Waiting?.Reason == "CreateContainerConfigError", "it is refused", 60);
        TestPods.Status(waiting)!.State.Waiting.Message.ShouldStartWith("failed to prepare subPath for volumeMount \"data\" of container \"main\"");
        var running = await node.PodAsync("a", p => TestPods.Status(p, "good")?.State?.Running is not null, "the other one runs", 60);
        await Eventually.AnswersAsync(() => LogOfAsync(node, running, "read-only\n"), "it has read what the first one wrote");
    }

    /// <summary>Deletes a folder in which the daemon, which has opened it before, may still make something.</summary>
    private static void DeleteWhileItGrows(string folder)
    {
        while (Directory.Exists(folder))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                // It has just got another entry.
            }
        }
    }

    private static async Task<string?> LogOfAsync(TestNode node, V1Pod pod, string expected)
    {
        using var log = new MemoryStream();
        await node.Agent.Runtime.CopyLogsAsync(
            TestPods.Status(pod, "good")!.ContainerID["docker://".Length..], new LogQuery(), log, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(log.ToArray()) == expected ? expected : null;
    }

    private (string Volume, string Host) MakeVolume()
    {
        var (volume, host) = (Path.Combine(_folder, "volume"), Path.Combine(_folder, "host"));
        Directory.CreateDirectory(Path.Combine(volume, "inside"));
        Directory.CreateDirectory(host);
        foreach (var (name, target) in new[] { ("absolute", host), ("upwards", "../host"), ("chain", "upwards"), ("dangling", "../host/new"), ("link", "inside") })
            File.CreateSymbolicLink(Path.Combine(volume, name), target);
        return (volume, host);
    }

    private static VolumeFile Text(string path, string content) => new(path, Encoding.UTF8.GetBytes(content), 0b110_100_100);
}
