using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Volumes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>A volume belongs to the pod's containers once they have it, and to nobody once the pod is gone.</summary>
public sealed class PodVolumeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-volumes-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => LeftMounts.Delete(_folder);

    [Fact]
    public async Task Volumes_PreparedAgain_AreAsTheContainersHaveMadeThem()
    {
        var host = Path.Combine(_folder, "host");
        var pod = PodWith(
            new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource() },
            new V1Volume { Name = "host", HostPath = new V1HostPathVolumeSource { Path = host, Type = "DirectoryOrCreate" } },
            new V1Volume { Name = "map", ConfigMap = new V1ConfigMapVolumeSource { Name = "settings" } });
        var source = new Source();
        var first = await PrepareAsync(source, pod, prepared: null);
        File.GetUnixFileMode(first["scratch"]).ShouldBe((UnixFileMode)0b111_111_111);

        File.SetUnixFileMode(first["scratch"], (UnixFileMode)0b111_000_000);
        Directory.Delete(host);
        source.Value = "new";
        (await PrepareAsync(source, pod, first)).ShouldBe(first, ignoreOrder: true);

        File.GetUnixFileMode(first["scratch"]).ShouldBe((UnixFileMode)0b111_000_000);
        Directory.Exists(host).ShouldBeFalse();
        (await File.ReadAllTextAsync(Path.Combine(first["map"], "key"), Cancelled)).ShouldBe("new");

        // As after a restart of the daemon, which does not know what it has prepared.
        await PrepareAsync(source, pod, prepared: null);
        File.GetUnixFileMode(first["scratch"]).ShouldBe((UnixFileMode)0b111_000_000);
    }

    [Theory]
    [InlineData("DirectoryOrCreate", "file", "is not a directory")]
    [InlineData("Directory", "missing", "is not a directory")]
    [InlineData("FileOrCreate", "directory", "is not a file")]
    [InlineData("FileOrCreate", "pipe", "is not a file")]
    [InlineData("FileOrCreate", "device", "is not a file")]
    [InlineData("File", "device", "is not a file")]
    [InlineData("Socket", "file", "is not a socket file")]
    [InlineData("CharDevice", "file", "is not a character device")]
    [InlineData("BlockDevice", "device", "is not a block device")]
    [InlineData("DirectoryOrCreate", "missing", null)]
    [InlineData("DirectoryOrCreate", "directory", null)]
    [InlineData("FileOrCreate", "missing", null)]
    [InlineData("FileOrCreate", "file", null)]
    [InlineData("File", "link", null)]
    [InlineData("Socket", "socket", null)]
    [InlineData("CharDevice", "device", null)]
    [InlineData("", "missing", null)]
    public void HostPath_IsCheckedByItsTypeAndNotOpened(string type, string what, string? fault)
    {
        var path = what == "device" ? "/dev/null" : Path.Combine(_folder, what);
        using var socket = what == "socket" ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : null;
        socket?.Bind(new UnixDomainSocketEndPoint(path));
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"cd {_folder}; echo kept >file; ln -s file link; mkdir directory; mkfifo pipe; chmod 444 file"]));
        shell!.WaitForExit();
        var source = new V1HostPathVolumeSource { Path = path, Type = type };

        if (fault is null)
            HostPathVolume.Prepare(source).ShouldBe(path);
        else
            Should.Throw<ConfigurationException>(() => HostPathVolume.Prepare(source)).Message.ShouldBe($"hostPath type check failed: {path} {fault}");

        File.ReadAllText(Path.Combine(_folder, "file")).ShouldBe("kept\n");
        Path.Exists(Path.Combine(_folder, "missing")).ShouldBe(fault is null && what == "missing");
    }

    [Theory]
    [InlineData("main", "100")]
    [InlineData("init", "200")]
    [InlineData("none", null)]
    public async Task ResourceOfAContainer_IsThatOfTheNamedOneOrAFault(string container, string? limit)
    {
        var reference = new V1ResourceFieldSelector { ContainerName = container, Resource = "limits.memory" };
        var pod = PodWith(new V1Volume { Name = "facts", DownwardAPI = new V1DownwardAPIVolumeSource { Items = [new V1DownwardAPIVolumeFile { Path = "limit", ResourceFieldRef = reference }] } });
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("100") } };
        pod.Spec.InitContainers = [TestPods.Container("init", "")];
        pod.Spec.InitContainers[0].Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("200") } };
        pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "LIMIT", ValueFrom = new V1EnvVarSource { ResourceFieldRef = reference } }];
        var source = new Source();

        if (limit is null)
        {
            (await Should.ThrowAsync<ConfigurationException>(() => PrepareAsync(source, pod, null))).Message.ShouldEndWith("container none not found");
            (await Should.ThrowAsync<ConfigurationException>(() => VariablesAsync(source, pod))).Message.ShouldEndWith("container none not found");
            return;
        }

        var paths = await PrepareAsync(source, pod, null);
        (await File.ReadAllTextAsync(Path.Combine(paths["facts"], "limit"), Cancelled)).ShouldBe(limit);
        (await VariablesAsync(source, pod))["LIMIT"].ShouldBe(limit);
    }

    [Theory]
    [InlineData(null, null, 1_000_000)]
    [InlineData("0", null, 1_000_000)]
    [InlineData("0", "0", 1_000_000)]
    [InlineData("0", "8192", 1_000_000)]
    [InlineData("4096", "8192", 12_288)]
    public async Task MemoryVolume_ByTheLimitsOfThePod_IsNeverUnlimited(string? first, string? second, long bytesMax)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount.");
        var pod = PodWith(new V1Volume { Name = "memory", EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory", SizeLimit = new ResourceQuantity("0") } });
        pod.Spec.Containers.Add(TestPods.Container("other", ""));
        foreach (var (container, limit) in pod.Spec.Containers.Zip([first, second]))
            container.Resources = limit is null ? null : new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new(limit) } };

        try
        {
            var paths = await PrepareAsync(new Source(), pod, null);

            var page = Environment.SystemPageSize;
            new DriveInfo(paths["memory"]).TotalSize.ShouldBe((bytesMax + page - 1) / page * page);
        }
        finally
        {
            Mounts.UnmountBelow(_folder);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Image_InAVolume_IsOnlyRead(int layers)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount.");
        var (place, folders) = (Path.Combine(_folder, "place"), Enumerable.Range(0, layers).Select(number => Path.Combine(_folder, $"layer-{number}")).ToList());
        folders.ForEach(folder => Directory.CreateDirectory(Path.Combine(folder, "sub")));
        try
        {
            Mounts.Layers(place, folders);

            Should.Throw<IOException>(() => File.WriteAllText(Path.Combine(place, "sub", "x"), ""));
            using var opened = SubPath.Open(place, "sub", isReadOnly: true);
            Should.Throw<IOException>(() => File.WriteAllText(Path.Combine(opened.MountAt(Path.Combine(_folder, "subpaths", "0")), "x"), ""));
            File.WriteAllText(Path.Combine(folders[0], "sub", "own"), "");
        }
        finally
        {
            Mounts.UnmountBelow(_folder);
        }
    }

    [Theory]
    [InlineData("missing", false)]
    [InlineData("sub/missing", false)]
    [InlineData("sub", true)]
    public async Task SubPath_OfAnImage_IsNotCreated(string path, bool isThere)
    {
        var image = Path.Combine(_folder, "image");
        Directory.CreateDirectory(Path.Combine(image, "sub"));
        var pod = PodWith(new V1Volume { Name = "image", Image = new V1ImageVolumeSource { Reference = "test/image:1" } });
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "image", MountPath = "/image", SubPath = path }];
        var builder = new ContainerSpecBuilder(Variables(new Source()), new NoServices(), new SecurityBuilder(_folder, seccompDefault: false), 1_000_000);
        try
        {
            var building = builder.BuildAsync(
                pod, new ContainerStart(pod.Spec.Containers[0], 0, null), new ImageResult("id", null, ""), new Dictionary<string, string> { ["image"] = image }, Path.Combine(_folder, "pod"), Cancelled);

            if (isThere)
                (await building).Mounts.Single().ReadOnly.ShouldBeTrue();
            else
                (await Should.ThrowAsync<ConfigurationException>(building)).Message.ShouldBe($"failed to prepare subPath for volumeMount \"image\" of container \"main\": subPath \"{path}\" is not in the volume");
            Directory.EnumerateFileSystemEntries(image, "*", SearchOption.AllDirectories).ShouldBe([Path.Combine(image, "sub")]);
        }
        finally
        {
            Mounts.UnmountBelow(_folder);
        }
    }

    [Fact]
    public void SubPath_ThatWasAFolderAndIsAFileNow_IsMountedAgain()
    {
        var (volume, place) = (Path.Combine(_folder, "volume"), Path.Combine(_folder, "subpaths", "0"));
        Directory.CreateDirectory(Path.Combine(volume, "sub"));
        using (var opened = SubPath.Open(volume, "sub"))
            opened.MountAt(place);
        Mounts.UnmountBelow(Path.Combine(_folder, "subpaths"));
        Directory.Delete(Path.Combine(volume, "sub"));
        File.WriteAllText(Path.Combine(volume, "sub"), "text");

        using (var opened = SubPath.Open(volume, "sub"))
            File.ReadAllText(opened.MountAt(place)).ShouldBe("text");

        Mounts.UnmountBelow(_folder);
    }

    /// <summary>Whoever may write to the volume may write to what is made in it.</summary>
    [Theory]
    [InlineData(null, "777")]
    [InlineData(2000L, "2777")]
    public async Task SubPath_ThatIsMade_HasThePermissionsOfItsVolume(long? group, string mode)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can change groups.");
        var pod = PodWith(new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource() });
        pod.Spec.SecurityContext = new V1PodSecurityContext { FsGroup = group };
        var volume = (await PrepareAsync(new Source(), pod, prepared: null))["scratch"];
        Directory.CreateDirectory(Path.Combine(volume, "kept"));
        File.SetUnixFileMode(Path.Combine(volume, "kept"), UnixFileMode.UserRead);

        SubPath.Open(volume, "a/b").Dispose();
        SubPath.Open(volume, "kept").Dispose();

        foreach (var made in new[] { "a", "a/b" })
        {
            using var opened = FileCalls.Open(Path.Combine(volume, made), FileCalls.PathOnly);
            var state = FileCalls.StateOf(opened);
            Convert.ToString((int)state.Mode, 8).ShouldBe(mode);
            state.Group.ShouldBe((uint)(group ?? 0));
        }

        File.GetUnixFileMode(Path.Combine(volume, "kept")).ShouldBe(UnixFileMode.UserRead, "it was there");
    }

    /// <summary>By its path a container that shares the volume could exchange it before the engine uses it.</summary>
    [Fact]
    public void SubPath_ThatCannotBeMounted_IsNotGivenByItsPath()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount.");
        var volume = Directory.CreateDirectory(Path.Combine(_folder, "memory")).FullName;
        Mounts.Memory(volume, 1_000_000, (UnixFileMode)0b111_111_111);
        using var opened = SubPath.Open(volume, "sub");
        Mounts.Unmount(volume);

        Should.Throw<IOException>(() => opened.MountAt(Path.Combine(_folder, "subpaths", "0"))).Message.ShouldStartWith("mount ");
    }

    [Theory]
    [InlineData("$(GONE)", "GONE")]
    [InlineData("$(EMPTY)", "EMPTY")]
    [InlineData("logs/$(GONE)/$(NAME)/$(EMPTY)", "EMPTY, GONE")]
    public async Task SubPath_WhoseVariableHasNoValue_IsAFaultAndNotAnotherPath(string expression, string missing)
    {
        var pod = PodWith(new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource() });
        var container = pod.Spec.Containers[0];
        container.VolumeMounts = [new V1VolumeMount { Name = "scratch", MountPath = "/logs", SubPathExpr = expression }];
        container.Env =
        [
            new V1EnvVar { Name = "NAME", Value = "a" },
            new V1EnvVar { Name = "EMPTY", ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = "metadata.annotations['none']" } } },
        ];
        var volumes = await PrepareAsync(new Source(), pod, prepared: null);
        var builder = new ContainerSpecBuilder(Variables(new Source()), new NoServices(), new SecurityBuilder(_folder, seccompDefault: false), 1_000_000);

        var fault = await Should.ThrowAsync<ConfigurationException>(builder.BuildAsync(
            pod, new ContainerStart(container, 0, null), new ImageResult("id", null, ""), volumes, Path.Combine(_folder, "pod"), Cancelled));

        fault.Message.ShouldBe($"missing value for {missing}");
        Directory.EnumerateFileSystemEntries(volumes["scratch"]).ShouldBeEmpty();
    }

    /// <summary>A volume whose object is gone keeps its content, and no other volume from being refreshed.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Volumes_OneCannotBeRefreshed_TheOthersAre(bool isApiAway)
    {
        var pod = PodWith(
            new V1Volume { Name = "gone", ConfigMap = new V1ConfigMapVolumeSource { Name = "gone" } },
            new V1Volume { Name = "map", ConfigMap = new V1ConfigMapVolumeSource { Name = "settings" } });
        var source = new Source();
        var first = await PrepareAsync(source, pod, prepared: null);
        source.Value = "new";
        source.Gone = isApiAway ? () => throw new ApiUnavailableException(new IOException("away")) : () => null;
        if (isApiAway)
            Directory.Delete(first["gone"], recursive: true);

        var fault = await Should.ThrowAsync<Exception>(PrepareAsync(source, pod, first));

        fault.Message.ShouldContain(isApiAway ? "away" : "gone");
        (await File.ReadAllTextAsync(Path.Combine(first["map"], "key"), Cancelled)).ShouldBe("new");
    }

    [Fact]
    public async Task Pod_WithAFileThatNobodyMayRemove_GoesAndSaysWhatIsLeft()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, o => o with { Index = Random.Shared.Next(100, 500) });
        var pod = TestPods.Shell("a", "while :; do sleep 0.1; done");
        pod.Spec.TerminationGracePeriodSeconds = 0;
        pod.Spec.Volumes = [new V1Volume { Name = "data", EmptyDir = new V1EmptyDirVolumeSource() }];
        var path = node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, "it runs");
        var folder = Path.Combine(node.Options.DataDirectory, "pods", pod.Metadata.Uid);
        var stuck = Path.Combine(folder, "volumes", "data", "stuck");
        await File.WriteAllTextAsync(stuck, "", Cancelled);
        Assert.SkipUnless(await ChangeAsync("+i", stuck), "This file system or user cannot make a file immutable.");
        try
        {
            node.Api.Change(path, json => json["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z");

            await Eventually.HoldsAsync(() => node.Pod("a") is null, "the pod is gone");
            await Eventually.HoldsAsync(
                () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(one => one.Reason == "FailedKillPod" && one.Message.Contains("stuck", StringComparison.Ordinal)),
                "an event says what is left");
            ProcessTable.Describe(pod.Metadata.Uid).ShouldBeEmpty();
            Directory.Exists(Path.Combine(folder, "claims")).ShouldBeFalse();
        }
        finally
        {
            // The daemon moves what is left within the pod's folder whenever it tries again.
            await node.StopAgentAsync();
            foreach (var left in Directory.GetFiles(folder, "stuck", SearchOption.AllDirectories))
                await ChangeAsync("-i", left);
            await node.StartAgentAsync();
        }
    }

    [Fact]
    public async Task Pod_WhoseFilesTheMachineRefuses_SaysSo()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, o => o with { Index = Random.Shared.Next(100, 500) });
        var pods = Path.Combine(node.Options.DataDirectory, "pods");
        await File.WriteAllTextAsync(pods, "", Cancelled);

        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done"));

        await Eventually.HoldsAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(one => one.Reason == "FailedSync" && one.Message.StartsWith("Error syncing pod: ", StringComparison.Ordinal)),
            "an event says so");
        File.Delete(pods);
        await node.PodAsync("a", TestPods.IsReady, "it runs");
    }

    [Fact]
    public async Task Volume_WithSecretsOrFields_IsInMemory()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        var pod = PodWith(
            new V1Volume { Name = "map", ConfigMap = new V1ConfigMapVolumeSource { Name = "settings" } },
            new V1Volume { Name = "secret", Secret = new V1SecretVolumeSource { SecretName = "s" } },
            new V1Volume { Name = "fields", DownwardAPI = new V1DownwardAPIVolumeSource { Items = [Name] } },
            new V1Volume
            {
                Name = "both",
                Projected = new V1ProjectedVolumeSource
                {
                    Sources = [new V1VolumeProjection { Secret = new V1SecretProjection { Name = "s" } }, new V1VolumeProjection { DownwardAPI = new V1DownwardAPIProjection { Items = [Name] } }],
                },
            });
        var source = new Source();
        var first = await PrepareAsync(source, pod, prepared: null);

        foreach (var (name, path) in first)
            (name, IsInMemory(path)).ShouldBe((name, name != "map"));
        (await File.ReadAllTextAsync(Path.Combine(first["secret"], "key"), Cancelled)).ShouldBe("old");

        source.Value = "new";
        (await PrepareAsync(source, pod, first)).ShouldBe(first, ignoreOrder: true);
        (await File.ReadAllTextAsync(Path.Combine(first["both"], "key"), Cancelled)).ShouldBe("new");

        // As after a restart of the daemon, and of one that may not mount any more.
        (await PrepareAsync(source, pod, prepared: null)).ShouldBe(first, ignoreOrder: true);
        (await PrepareAsync(source, pod, prepared: null, mayMount: false)).ShouldBe(first, ignoreOrder: true);
        (await File.ReadAllTextAsync(Path.Combine(first["both"], "key"), Cancelled)).ShouldBe("new");
        Mounts.Below(_folder).Length.ShouldBe(3);
        Directory.EnumerateFiles(Path.Combine(_folder, "pod", "volumes"), "*", SearchOption.TopDirectoryOnly).ShouldBeEmpty();
    }

    [Fact]
    public async Task Volume_ThatContainersSeeOnTheDisk_StaysThere()
    {
        var pod = PodWith(new V1Volume { Name = "secret", Secret = new V1SecretVolumeSource { SecretName = "s" } });
        var source = new Source();
        var first = await PrepareAsync(source, pod, prepared: null, mayMount: false);
        IsInMemory(first["secret"]).ShouldBeFalse();

        source.Value = "new";
        (await PrepareAsync(source, pod, prepared: null)).ShouldBe(first);

        (await File.ReadAllTextAsync(Path.Combine(first["secret"], "key"), Cancelled)).ShouldBe("new");
    }

    [Fact]
    public async Task Volume_InMemory_OutlivesTheDaemonAndEndsWithThePod()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, o => o with { Index = Random.Shared.Next(100, 500) });
        var pods = Path.Combine(node.Options.DataDirectory, "pods");
        var pod = TestPods.Shell("a", "while :; do cat $VOLUME_FIELDS/name; sleep 0.1; done");
        pod.Spec.Volumes = [new V1Volume { Name = "fields", DownwardAPI = new V1DownwardAPIVolumeSource { Items = [Name] } }];
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "fields", MountPath = "/fields" }];
        node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, "it runs");
        Mounts.Below(pods).Length.ShouldBe(1);

        await node.StopAgentAsync();
        Mounts.Below(pods).Length.ShouldBe(1);
        await node.StartAgentAsync();
        var running = await node.PodAsync("a", TestPods.IsReady, "it runs on");
        TestPods.Status(running)!.RestartCount.ShouldBe(0);
        await Eventually.HoldsAsync(async () => (await node.LogAsync(running)).EndsWith("a", StringComparison.Ordinal), "it reads its name");
        node.Delete("a", 0);

        await Eventually.HoldsAsync(() => node.Pod("a") is null, "it is gone");
        Mounts.Below(pods).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(pods).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("shared:1 ", true)]
    [InlineData("master:7 ", false)]
    [InlineData("shared:302 master:1 ", false)]
    public void Mounts_OfTheDaemon_ReachOthersUnlessItHasACopyOfThem(string tags, bool? expected) => Mounts.AreShared(
        [
            $"26 1 0:23 / / rw,relatime {(expected == true ? "" : "shared:9 ")}- ext4 /dev/vda rw",
            $"27 26 0:24 / /var/lib/a\\040b rw,relatime {tags}- ext4 /dev/vdb rw",
            "28 26 0:25 / /var/lib/a\\040b-other rw,relatime shared:5 - ext4 /dev/vdc rw",
        ],
        "/var/lib/a b/node").ShouldBe(expected);

    private static V1DownwardAPIVolumeFile Name => new() { Path = "name", FieldRef = new V1ObjectFieldSelector { FieldPath = "metadata.name" } };

    private static bool IsInMemory(string path) => new DriveInfo(path).DriveFormat == "tmpfs";

    private static async Task<bool> ChangeAsync(string flag, string path)
    {
        using var change = Process.Start(new ProcessStartInfo("chattr", [flag, path]) { RedirectStandardError = true });
        await change!.WaitForExitAsync(CancellationToken.None);
        return change.ExitCode == 0;
    }

    private Task<IReadOnlyDictionary<string, string>> PrepareAsync(Source source, V1Pod pod, IReadOnlyDictionary<string, string>? prepared, bool mayMount = true)
    {
        var claims = new ClaimVolumes(source, new LocalVolumeFolder("n", _folder));
        return new VolumePreparer(new VolumeContent(source, new NoTokens(), Resources), claims, null, 1_000_000, new VolumeMemory(mayMount, 1_000_000), 1_000_000).PrepareAsync(pod, Path.Combine(_folder, "pod"), prepared, Cancelled);
    }

    private static ResourceField Resources { get; } = new(new Dictionary<string, ResourceQuantity>());

    private static async Task<IReadOnlyDictionary<string, string>> VariablesAsync(Source source, V1Pod pod) =>
        await Variables(source).BuildAsync(pod, pod.Spec.Containers[0], [], new ProgramInput(), Cancelled);

    private static EnvironmentBuilder Variables(Source source) => new(source, Resources, new ServiceEnvironment(1024, (_, _) => { }));

    private static V1Pod PodWith(params V1Volume[] volumes)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Volumes = volumes;
        return pod;
    }

    private sealed class Source : IConfigurationSource, IClaimSource
    {
        public string Value { get; set; } = "old";

        public Func<V1ConfigMap?>? Gone { get; set; }

        public Task<V1ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult(name == "gone" && Gone is not null ? Gone() : new V1ConfigMap { BinaryData = new Dictionary<string, byte[]> { ["key"] = Encoding.UTF8.GetBytes(Value) } });

        public Task<V1Secret?> GetSecretAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult<V1Secret?>(new V1Secret { Data = new Dictionary<string, byte[]> { ["key"] = Encoding.UTF8.GetBytes(Value) } });

        public Task<V1PersistentVolumeClaim?> GetClaimAsync(string ns, string name, CancellationToken cancellationToken) => Task.FromResult<V1PersistentVolumeClaim?>(null);

        public Task<V1PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken) => Task.FromResult<V1PersistentVolume?>(null);

        public Task<V1Node?> GetNodeAsync(string name, CancellationToken cancellationToken) => Task.FromResult<V1Node?>(null);
    }
}
