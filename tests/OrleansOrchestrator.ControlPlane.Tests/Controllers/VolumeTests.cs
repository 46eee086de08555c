using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>Claims and volumes on a silo: admission, and the controllers of volumes through the real caches and writes.</summary>
public sealed class VolumeTests : IAsyncLifetime
{
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Claims_ManyAtOnce_EachGetAVolumeOfTheirOwn()
    {
        const int count = 20;
        for (var i = 0; i < count; i++)
            await Api.CreateAsync(Volume($"disk-{i}"));
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => Api.CreateAsync(Claim($"data-{i}"))));

        var claims = await Api.UntilAsync<V1PersistentVolumeClaim>("default", all => all.Count == count && all.TrueForAll(claim => claim.Status.Phase == "Bound"));

        claims.Select(claim => claim.Spec.VolumeName).ShouldBeUnique();
        await Api.UntilAsync<V1PersistentVolume>("", all => all.TrueForAll(volume => volume.Status.Phase == "Bound"));
    }

    [Fact]
    public async Task Claim_UsedByAPod_GoesWithThePod()
    {
        await Api.CreateAsync(Volume("disk"));
        await Api.CreateAsync(Claim("data"));
        await Api.UntilAsync<V1PersistentVolumeClaim>("default", all => all is [{ Status.Phase: "Bound" }]);
        var pod = PodSamples.Pod("default", "user");
        pod.Spec.NodeName = "node-1";
        pod.Spec.Volumes = [new V1Volume { Name = "data", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = "data" } }];
        await Api.CreateAsync(pod);

        await Api.DeleteAsync<V1PersistentVolumeClaim>("default", "data");
        (await Api.GetAsync<V1PersistentVolumeClaim>("default", "data")).Metadata.Finalizers.ShouldBe([VolumeMetadataKeys.ClaimProtection]);

        await Api.DeleteAsync<V1Pod>("default", "user", new DeletionOptions { GracePeriodSeconds = 0 });
        await Api.UntilAsync<V1PersistentVolumeClaim>("default", all => all.Count == 0);
        await Api.UntilAsync<V1PersistentVolume>("", all => all is [{ Status.Phase: "Released" }]);
    }

    [Fact]
    public async Task Claim_WithoutClass_GetsTheDefaultClass()
    {
        var storage = LocalPathVolumes.ClassOf(isDefault: true);
        storage.Provisioner = "example.com/disks";
        await Api.CreateAsync(storage);
        await Api.UntilAsync<V1StorageClass>("", all => all.Count == 1);
        var claim = Claim("data");
        claim.Spec.StorageClassName = null;

        (await Api.CreateAsync(claim)).Spec.StorageClassName.ShouldBe(LocalPathVolumes.ClassName);
    }

    [Fact]
    public async Task Claim_ThatWantsToGrow_NeedsABoundVolumeAndAClassThatAllowsIt()
    {
        await Api.CreateAsync(new V1StorageClass { Metadata = new V1ObjectMeta { Name = "grows" }, Provisioner = "example.com/disks", AllowVolumeExpansion = true });
        await Api.CreateAsync(Volume("fixed"));
        await Api.CreateAsync(Claim("fixed"));
        var (volume, growing) = (Volume("growing"), Claim("growing"));
        (volume.Spec.StorageClassName, growing.Spec.StorageClassName) = ("grows", "grows");
        await Api.CreateAsync(volume);
        await Api.CreateAsync(growing);
        await Api.UntilAsync<V1PersistentVolumeClaim>("default", all => all.Count == 2 && all.TrueForAll(claim => claim.Status.Phase == "Bound"));

        (await Should.ThrowAsync<ApiException>(() => GrowAsync("fixed"))).Message.ShouldBe(
            "persistentvolumeclaims \"fixed\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize");
        (await GrowAsync("growing")).Spec.Resources.Requests["storage"].ToString().ShouldBe("2Gi");
    }

    [Fact]
    public async Task Pod_WhoseVolumeIsToBeProvisioned_KeepsItsNodeAndHoldsUpNoOther()
    {
        await Api.CreateAsync(PodSamples.Node("n1"));
        await Api.CreateAsync(new V1StorageClass { Metadata = new V1ObjectMeta { Name = "slow" }, Provisioner = "example.com/slow", VolumeBindingMode = "WaitForFirstConsumer" });
        var claim = Claim("data");
        claim.Spec.StorageClassName = "slow";
        claim = await Api.CreateAsync(claim);
        await Api.CreateAsync(PodWithClaim("user", "data"));
        await Api.UntilAsync<V1PersistentVolumeClaim>("default", all => all is [{ SelectedNode: "n1" }]);

        await Api.CreateAsync(PodSamples.Pod("default", "other", cpu: "100m"));
        var pods = await Api.UntilAsync<V1Pod>("default", all => all.Exists(pod => pod is { Metadata.Name: "other", Spec.NodeName: "n1" }));
        pods.Single(pod => pod.Metadata.Name == "user").Spec.NodeName.ShouldBeNullOrEmpty();

        // The provisioner is at last done.
        var volume = Volume("made");
        volume.Spec.StorageClassName = "slow";
        volume.Spec.ClaimRef = new V1ObjectReference { ApiVersion = "v1", Kind = "PersistentVolumeClaim", NamespaceProperty = "default", Name = "data", Uid = claim.Metadata.Uid };
        await Api.CreateAsync(volume);
        await Api.UntilAsync<V1Pod>("default", all => all.TrueForAll(pod => pod.Spec.NodeName == "n1"));
    }

    [Fact]
    public async Task Pods_WhoseFoldersAreProvisioned_AreBoundToTheirNodes()
    {
        foreach (var name in (string[])["n1", "n2"])
        {
            var node = PodSamples.Node(name);
            node.Metadata.Annotations = new Dictionary<string, string> { [LocalPathVolumes.FolderAnnotation] = "/data" };
            await Api.CreateAsync(node);
        }

        await Api.CreateAsync(LocalPathVolumes.ClassOf(isDefault: false));
        for (var i = 0; i < 10; i++)
        {
            var claim = Claim($"data-{i}");
            claim.Spec.StorageClassName = LocalPathVolumes.ClassName;
            await Api.CreateAsync(claim);
            await Api.CreateAsync(PodWithClaim($"user-{i}", $"data-{i}"));
        }

        var pods = await Api.UntilAsync<V1Pod>("default", all => all.Count == 10 && all.TrueForAll(pod => !string.IsNullOrEmpty(pod.Spec.NodeName)));

        var volumes = await Api.ListAsync<V1PersistentVolume>("");
        foreach (var pod in pods)
            volumes.Single(volume => volume.Spec.ClaimRef.Name == pod.Spec.Volumes[0].PersistentVolumeClaim.ClaimName).Topology!.Hostnames.ShouldBe([pod.Spec.NodeName]);
    }

    private static V1Pod PodWithClaim(string name, string claim)
    {
        var pod = PodSamples.Pod("default", name, cpu: "100m");
        pod.Spec.Volumes = [new V1Volume { Name = "data", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claim } }];
        return pod;
    }

    private Task<V1PersistentVolumeClaim> GrowAsync(string name) => Api.PatchAsync<V1PersistentVolumeClaim>(
        "default", name, PatchType.MergePatch, """{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}""");

    private static V1PersistentVolume Volume(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1PersistentVolumeSpec
        {
            AccessModes = ["ReadWriteOnce"],
            Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") },
            HostPath = new V1HostPathVolumeSource { Path = $"/disks/{name}" },
            StorageClassName = "",
        },
    };

    private static V1PersistentVolumeClaim Claim(string name) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new V1PersistentVolumeClaimSpec
        {
            AccessModes = ["ReadWriteOnce"],
            StorageClassName = "",
            Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") } },
        },
    };
}
