using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Volumes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class ClaimVolumeTests : IDisposable
{
    private const string NodeName = "node-1";

    private readonly string _data = Directory.CreateTempSubdirectory("node-claims-").FullName;
    private readonly Source _source = new();
    private readonly LocalVolumeFolder _folder;
    private readonly ClaimVolumes _claims;

    public ClaimVolumeTests()
    {
        _folder = new LocalVolumeFolder(NodeName, _data);
        _claims = new ClaimVolumes(_source, _folder);
    }

    private static FolderRemover Folders { get; } = new(asRoot: null, TimeProvider.System);

    private string PodDirectory => Path.Combine(_data, "pods", "uid-p");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Claim_OfALocalPathVolume_GetsAFolderThatAnyUserMayWriteTo()
    {
        Bind(LocalVolume("v"));

        var path = await PrepareAsync();

        path.ShouldBe(Path.Combine(_folder.Path, "v"));
        File.GetUnixFileMode(path).ShouldBe((UnixFileMode)0b111_111_111);
    }

    [Fact]
    public async Task Claim_PreparedBefore_NeedsNoApiAndMayBeDeleted()
    {
        Bind(LocalVolume("v"));
        var path = await PrepareAsync();

        _source.Claim!.Metadata.DeletionTimestamp = DateTime.UnixEpoch;
        (await PrepareAsync()).ShouldBe(path);
        _source.Claim = null;
        (await PrepareAsync()).ShouldBe(path);
    }

    [Theory]
    [InlineData("missing", "error processing PVC default/data: failed to fetch PVC from API server: persistentvolumeclaims \"data\" not found")]
    [InlineData("pending", "error processing PVC default/data: PVC is not bound")]
    [InlineData("deleted", "error processing PVC default/data: PVC is being deleted")]
    [InlineData("gone", "error processing PVC default/data: failed to fetch PV \"v\" from API server: persistentvolumes \"v\" not found")]
    [InlineData("other", "error processing PVC default/data: PV \"v\" is not bound to the PVC")]
    [InlineData("block", "volume data has volumeMode Block, which the node does not support")]
    [InlineData("elsewhere", "node affinity check failed for volume \"v\" : no matching NodeSelectorTerms")]
    [InlineData("nfs", "the node supports persistent volumes of hostPath and local, but not of nfs")]
    [InlineData("nowhere", "path \"/not/there\" does not exist")]
    public async Task Claim_ThatCannotBeMounted_SaysWhy(string what, string why)
    {
        var volume = LocalVolume("v");
        Bind(volume);
        switch (what)
        {
            case "missing":
                _source.Claim = null;
                break;
            case "pending":
                _source.Claim!.Status.Phase = "Pending";
                break;
            case "deleted":
                _source.Claim!.Metadata.DeletionTimestamp = DateTime.UnixEpoch;
                break;
            case "gone":
                _source.Volume = null;
                break;
            case "other":
                volume.Spec.ClaimRef.Uid = "uid-other";
                break;
            case "block":
                volume.Spec.VolumeMode = "Block";
                break;
            case "elsewhere":
                volume.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values = ["node-2"];
                break;
            case "nfs":
                (volume.Spec.Local, volume.Spec.Nfs) = (null, new V1NFSVolumeSource { Server = "server", Path = "/" });
                break;
            case "nowhere":
                volume.Spec.Local.Path = "/not/there";
                break;
        }

        (await Should.ThrowAsync<ConfigurationException>(PrepareAsync)).Message.ShouldBe(why);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("b", false)]
    [InlineData(null, false)]
    public async Task Volume_OfAZone_IsMountedOnNodesOfThatZoneOnly(string? zoneOfNode, bool isMounted)
    {
        var volume = LocalVolume("v");
        var terms = volume.Spec.NodeAffinity.Required.NodeSelectorTerms;
        terms[0].MatchExpressions.Add(new V1NodeSelectorRequirement { Key = "zone", OperatorProperty = "In", Values = ["a"] });
        terms.Add(new V1NodeSelectorTerm { MatchFields = [new V1NodeSelectorRequirement { Key = "metadata.name", OperatorProperty = "In", Values = ["node-2"] }] });
        Bind(volume);
        if (zoneOfNode is null)
            _source.Labels = null;
        else
            _source.Labels!["zone"] = zoneOfNode;

        if (isMounted)
            (await PrepareAsync()).ShouldBe(volume.Spec.Local.Path);
        else
            (await Should.ThrowAsync<ConfigurationException>(PrepareAsync)).Message.ShouldBe("node affinity check failed for volume \"v\" : no matching NodeSelectorTerms");
    }

    [Fact]
    public async Task Claim_OfAnEphemeralVolumeOfAnotherPod_IsRefused()
    {
        Bind(LocalVolume("v"));
        var pod = Pod();
        pod.Spec.Volumes[0] = new V1Volume { Name = "data", Ephemeral = new V1EphemeralVolumeSource() };

        (await Should.ThrowAsync<ConfigurationException>(() => _claims.PrepareAsync(pod, pod.Spec.Volumes[0], "data", PodDirectory, CancellationToken.None)))
            .Message.ShouldContain("was not created for pod default/p (pod is not owner)");
    }

    [Fact]
    public async Task Volumes_DeletedWhileTheDaemonWasAway_AreRemovedAndLetGo()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var (deleted, kept, foreign) = (LocalVolume("deleted"), LocalVolume("kept"), LocalVolume("foreign"));
        var outside = Path.Combine(_data, "outside");
        foreign.Spec.Local.Path = outside;
        kept.Spec.PersistentVolumeReclaimPolicy = "Retain";
        foreach (var volume in new[] { deleted, kept, foreign })
        {
            volume.Metadata.DeletionTimestamp = DateTime.UnixEpoch;
            volume.Metadata.Finalizers = [LocalPathVolumes.Finalizer];
            Directory.CreateDirectory(Path.Combine(volume.Spec.Local.Path, "sub"));
            api.Put($"api/v1/persistentvolumes/{volume.Metadata.Name}", volume);
        }

        Directory.CreateSymbolicLink(Path.Combine(deleted.Spec.Local.Path, "link"), outside);
        await using var reclaimer = new Reclaimer(connection, _folder);

        reclaimer.Sees(api);
        await Eventually.HoldsAsync(() => Task.FromResult(IsLetGo(api, "deleted")));

        Directory.Exists(deleted.Spec.Local.Path).ShouldBeFalse();
        Directory.Exists(Path.Combine(kept.Spec.Local.Path, "sub")).ShouldBeTrue();
        Directory.Exists(Path.Combine(outside, "sub")).ShouldBeTrue();
        api.Get<V1PersistentVolume>("api/v1/persistentvolumes/foreign")!.Metadata.Finalizers.ShouldNotBeEmpty();
        await Eventually.HoldsAsync(() => Task.FromResult(EventsOf(api, "foreign").Contains(
            $"VolumeFailedDelete path \"{outside}\" is not in folder \"{_folder.Path}\" of node \"{NodeName}\"")));
    }

    [Fact]
    public async Task Volume_APodOfTheNodeStillHasIt_IsRemovedOnlyAfterThePodsFiles()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var time = new FakeTimeProvider();
        var (used, unused) = (LocalVolume("used"), LocalVolume("unused"));
        Bind(used);
        var path = await PrepareAsync();
        Delete(api, used);
        Delete(api, unused);
        await using var reclaimer = new Reclaimer(connection, _folder, time);

        reclaimer.Sees(api);
        await Eventually.HoldsAsync(() => Task.FromResult(IsLetGo(api, "unused")));
        (await _folder.TryRemoveAsync(path, Folders, CancellationToken.None)).ShouldBeFalse();
        Directory.Exists(path).ShouldBeTrue();
        IsLetGo(api, "used").ShouldBeFalse();

        Directory.Delete(PodDirectory, recursive: true);
        await Eventually.HoldsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(15));
            return Task.FromResult(IsLetGo(api, "used"));
        });
        Directory.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public async Task Volume_DaemonWasEndedBeforeItsFolderWasMade_IsInUseAllTheSame()
    {
        Bind(LocalVolume("v"));
        // The folder cannot be made.
        await File.WriteAllTextAsync(_folder.Path, "", TestContext.Current.CancellationToken);
        await Should.ThrowAsync<IOException>(PrepareAsync);

        (await _folder.TryRemoveAsync(Path.Combine(_folder.Path, "v"), Folders, CancellationToken.None)).ShouldBeFalse();

        File.Delete(_folder.Path);
        Directory.Exists(await PrepareAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Volume_AnotherOneNamesItsPath_StaysAndSaysSo()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var (deleted, other) = (LocalVolume("deleted"), LocalVolume("other"));
        other.Spec.Local.Path = Path.Combine(deleted.Spec.Local.Path, "sub");
        Directory.CreateDirectory(other.Spec.Local.Path);
        Delete(api, deleted);
        api.Put("api/v1/persistentvolumes/other", other);
        await using var reclaimer = new Reclaimer(connection, _folder);

        reclaimer.Sees(api);

        await Eventually.HoldsAsync(() => Task.FromResult(EventsOf(api, "deleted").Contains($"VolumeFailedDelete path \"{deleted.Spec.Local.Path}\" is also that of volume \"other\"")));
        Directory.Exists(other.Spec.Local.Path).ShouldBeTrue();
        // Of two that are both deleted, neither waits for the other.
        Delete(api, other);
        reclaimer.Sees(api);
        await Eventually.HoldsAsync(() => Task.FromResult(IsLetGo(api, "deleted")));
        Directory.Exists(deleted.Spec.Local.Path).ShouldBeFalse();
    }

    [Theory]
    [InlineData("the same path", null)]
    [InlineData("a path by a link", null)]
    [InlineData("a host path", null)]
    [InlineData("the same path", NodeName)]
    public async Task Volume_AnAdministratorsOneWithoutLabelNamesItsPath_Stays(string what, string? host)
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var (deleted, other) = (LocalVolume("deleted"), LocalVolume("other"));
        Delete(api, deleted);
        var path = what == "a path by a link" ? Path.Combine(_data, "link") : deleted.Spec.Local.Path;
        if (what == "a path by a link")
            Directory.CreateSymbolicLink(path, deleted.Spec.Local.Path);
        other.Metadata.Annotations = null;
        other.Spec.Local = what == "a host path" ? null : new V1LocalVolumeSource { Path = path };
        other.Spec.HostPath = what == "a host path" ? new V1HostPathVolumeSource { Path = path } : null;
        if (host is null)
            other.Spec.NodeAffinity = null;
        api.Put("api/v1/persistentvolumes/other", other);
        await using var reclaimer = new Reclaimer(connection, _folder);

        // Its selector shows the daemon only the volumes that were made for the node.
        reclaimer.Sees(deleted.Metadata.Name, api);

        await Eventually.HoldsAsync(() => EventsOf(api, "deleted").Contains($"VolumeFailedDelete path \"{deleted.Spec.Local.Path}\" is also that of volume \"other\""), "the volume says so");
        Directory.Exists(deleted.Spec.Local.Path).ShouldBeTrue();
    }

    [Fact]
    public async Task Volume_AnotherNodeHasOneOfItsPath_IsRemoved()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var (deleted, other) = (LocalVolume("deleted"), LocalVolume("other"));
        other.Spec.Local.Path = deleted.Spec.Local.Path;
        other.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values = ["node-2"];
        Delete(api, deleted);
        api.Put("api/v1/persistentvolumes/other", other);
        await using var reclaimer = new Reclaimer(connection, _folder);

        reclaimer.Sees(deleted.Metadata.Name, api);

        await Eventually.HoldsAsync(() => IsLetGo(api, "deleted"), "it is let go");
        Directory.Exists(deleted.Spec.Local.Path).ShouldBeFalse();
    }

    [Fact]
    public async Task Volume_ChangedSinceTheDaemonSawIt_KeepsItsData()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        var time = new FakeTimeProvider();
        var volume = LocalVolume("v");
        Delete(api, volume);
        await using var reclaimer = new Reclaimer(connection, _folder, time);
        var seen = api.Get<V1PersistentVolume>("api/v1/persistentvolumes/v")!;
        api.Change("api/v1/persistentvolumes/v", json => json["spec"]!["persistentVolumeReclaimPolicy"] = "Retain");

        reclaimer.Sees(seen);
        await Eventually.HoldsAsync(() => api.Requests.Contains("PATCH /api/v1/persistentvolumes/v"), "the daemon asks first");
        reclaimer.Sees("v", api);
        time.Advance(TimeSpan.FromMinutes(1));
        await reclaimer.DisposeAsync();

        Directory.Exists(volume.Spec.Local.Path).ShouldBeTrue();
        IsLetGo(api, "v").ShouldBeFalse();
    }

    private static bool IsLetGo(FakeApiServer api, string volume) => api.Get<V1PersistentVolume>($"api/v1/persistentvolumes/{volume}")?.Metadata.Finalizers is not { Count: > 0 };

    private static IEnumerable<string> EventsOf(FakeApiServer api, string volume) => api.List<Corev1Event>("api/v1/namespaces/default/events/")
        .Where(one => one.InvolvedObject.Name == volume).Select(one => $"{one.Reason} {one.Message}");

    private static void Delete(FakeApiServer api, V1PersistentVolume volume)
    {
        volume.Metadata.DeletionTimestamp = DateTime.UnixEpoch;
        volume.Metadata.Finalizers = [LocalPathVolumes.Finalizer];
        Directory.CreateDirectory(volume.Spec.Local.Path);
        api.Put($"api/v1/persistentvolumes/{volume.Metadata.Name}", volume);
    }

    private Task<string> PrepareAsync()
    {
        var pod = Pod();
        return _claims.PrepareAsync(pod, pod.Spec.Volumes[0], "data", PodDirectory, CancellationToken.None);
    }

    private static V1Pod Pod() => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "p", Uid = "uid-p" },
        Spec = new V1PodSpec
        {
            Containers = [],
            Volumes = [new V1Volume { Name = "data", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = "data" } }],
        },
    };

    private void Bind(V1PersistentVolume volume)
    {
        _source.Volume = volume;
        _source.Claim = new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = "default",
                Name = "data",
                Uid = "uid-data",
                Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.BindCompleted] = "yes" },
            },
            Spec = new V1PersistentVolumeClaimSpec { VolumeName = volume.Metadata.Name },
            Status = new V1PersistentVolumeClaimStatus { Phase = "Bound" },
        };
    }

    private V1PersistentVolume LocalVolume(string name) => new()
    {
        ApiVersion = "v1",
        Kind = "PersistentVolume",
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Uid = $"uid-{name}",
            Annotations = new Dictionary<string, string> { [LocalPathVolumes.NodeAnnotation] = NodeName },
        },
        Spec = new V1PersistentVolumeSpec
        {
            ClaimRef = new V1ObjectReference { NamespaceProperty = "default", Name = "data", Uid = "uid-data" },
            Local = new V1LocalVolumeSource { Path = Path.Combine(_folder.Path, name) },
            PersistentVolumeReclaimPolicy = "Delete",
            NodeAffinity = new V1VolumeNodeAffinity
            {
                Required = new V1NodeSelector
                {
                    NodeSelectorTerms = [new V1NodeSelectorTerm { MatchExpressions = [new V1NodeSelectorRequirement { Key = "kubernetes.io/hostname", OperatorProperty = "In", Values = [NodeName] }] }],
                },
            },
        },
    };

    /// <summary>The daemon's part that removes volumes, at work.</summary>
    private sealed class Reclaimer : IAsyncDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private readonly LocalVolumeReclaimer _reclaimer;
        private readonly Task _running;
        private bool _isOver;

        public Reclaimer(ClusterConnection connection, LocalVolumeFolder folder, TimeProvider? time = null)
        {
            var events = new EventRecorder(connection, NodeName, true, TimeProvider.System, NullLogger<EventRecorder>.Instance);
            _reclaimer = new LocalVolumeReclaimer(connection, folder, Folders, events, time ?? TimeProvider.System, NullLogger.Instance);
            _running = Task.WhenAll(_reclaimer.RunAsync(_over.Token), events.RunAsync(_over.Token));
        }

        public void Sees(FakeApiServer api) => _reclaimer.Replace([.. api.List<V1PersistentVolume>("api/v1/persistentvolumes/")]);

        public void Sees(string volume, FakeApiServer api) => Sees(api.Get<V1PersistentVolume>($"api/v1/persistentvolumes/{volume}")!);

        public void Sees(V1PersistentVolume volume) => _reclaimer.Replace([volume]);

        public async ValueTask DisposeAsync()
        {
            if (_isOver)
                return;
            _isOver = true;
            await _over.CancelAsync();
            await _running;
            await _reclaimer.DisposeAsync();
            _over.Dispose();
        }
    }

    private sealed class Source : IClaimSource
    {
        public V1PersistentVolumeClaim? Claim { get; set; }

        public V1PersistentVolume? Volume { get; set; }

        public Task<V1PersistentVolumeClaim?> GetClaimAsync(string ns, string name, CancellationToken cancellationToken) => Task.FromResult(Claim);

        /// <summary>The labels of the node; null if there is no such node.</summary>
        public Dictionary<string, string>? Labels { get; set; } = new() { ["kubernetes.io/hostname"] = NodeName, ["zone"] = "a" };

        public Task<V1PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Volume);

        public Task<V1Node?> GetNodeAsync(string name, CancellationToken cancellationToken) =>
            Task.FromResult(Labels is null ? null : new V1Node { Metadata = new V1ObjectMeta { Name = name, Labels = Labels } });
    }
}
