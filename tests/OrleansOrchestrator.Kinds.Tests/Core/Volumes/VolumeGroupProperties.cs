using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;

namespace OrleansOrchestrator.Kinds.Tests.Core.Volumes;

public sealed class VolumeGroupProperties
{
    private static readonly string?[] Classes = [null, "", "a", "b"];

    private static readonly Gen<V1PersistentVolume> Volumes = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[1, 3], Gen.Bool, (index, @class, owner, size, isAvailable) =>
        new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = $"v{index}{@class}{owner}{size}" },
            Spec = new V1PersistentVolumeSpec
            {
                StorageClassName = Classes[@class],
                Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new($"{size}Gi") },
                ClaimRef = owner > 2 ? null : new V1ObjectReference { NamespaceProperty = owner == 2 ? "other" : "default", Name = "c", Uid = owner == 1 ? "uid" : null },
            },
            Status = new V1PersistentVolumeStatus { Phase = isAvailable ? "Available" : "Bound" },
        });

    [Fact]
    public void Candidates_OfItsGroups_AreThoseOfAllVolumes() => Gen.Select(Volumes.Array[0, 20], Gen.Int[0, 3]).Sample((volumes, @class) =>
    {
        var claim = new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "c", Uid = "uid" },
            Spec = new V1PersistentVolumeClaimSpec
            {
                StorageClassName = Classes[@class],
                Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new("2Gi") } },
            },
        };
        var groups = volumes.ToLookup(VolumeMatching.GroupOf);
        VolumeMatching.Candidates(claim, VolumeMatching.GroupsFor(claim).SelectMany(group => groups[group])).Select(volume => volume.Metadata.Name)
            .ShouldBe(VolumeMatching.Candidates(claim, volumes).Select(volume => volume.Metadata.Name));
    });
}
