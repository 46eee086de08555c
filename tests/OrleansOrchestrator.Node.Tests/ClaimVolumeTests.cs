using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Events;
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
        var stored = new[] { deleted, kept, foreign }.Select(volume => api.Get<V1PersistentVolume>($"api/v1/persistentvolumes/{volume.Metadata.Name}")!).ToList();
        await using var reclaimer = new LocalVolumeReclaimer(
            connection, _folder, new EventRecorder(connection, NodeName, true, TimeProvider.System, NullLogger<EventRecorder>.Instance), TimeProvider.System, NullLogger.Instance);
        using var over = new CancellationTokenSource();
        var running = reclaimer.RunAsync(over.Token);

        reclaimer.Replace(stored);
        await Eventually.HoldsAsync(() => Task.FromResult(api.Get<V1PersistentVolume>("api/v1/persistentvolumes/deleted")?.Metadata.Finalizers is not { Count: > 0 }));

        Directory.Exists(deleted.Spec.Local.Path).ShouldBeFalse();
        Directory.Exists(Path.Combine(kept.Spec.Local.Path, "sub")).ShouldBeTrue();
        Directory.Exists(Path.Combine(outside, "sub")).ShouldBeTrue();
        api.Get<V1PersistentVolume>("api/v1/persistentvolumes/foreign")!.Metadata.Finalizers.ShouldNotBeEmpty();
        await over.CancelAsync();
        await running;
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

    private sealed class Source : IClaimSource
    {
        public V1PersistentVolumeClaim? Claim { get; set; }

        public V1PersistentVolume? Volume { get; set; }

        public Task<V1PersistentVolumeClaim?> GetClaimAsync(string ns, string name, CancellationToken cancellationToken) => Task.FromResult(Claim);

        public Task<V1PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Volume);
    }
}
