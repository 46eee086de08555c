using k8s.Models;
using OrleansOrchestrator.Node.Eviction;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Eviction;

public sealed class StorageLimitsTests
{
    private const long Mebi = 1 << 20;

    [Fact]
    public void FindExcess_OfAnEmptyDirBeyondItsLimit_NamesTheVolume()
    {
        var pod = WithVolume(new V1EmptyDirVolumeSource { SizeLimit = new ResourceQuantity("10Mi") });

        FindExcess(pod, volume: 10).ShouldBeNull();
        var excess = FindExcess(pod, volume: 11).ShouldNotBeNull();

        (excess.Signal, excess.Message).ShouldBe(("emptydirfs.limit", "Usage of EmptyDir volume \"scratch\" exceeds the limit \"10Mi\". "));
    }

    [Fact]
    public void FindExcess_OfAnEmptyDirInMemory_CountsForItsOwnLimitAndNotForThePods()
    {
        var pod = Limited("10Mi");
        pod.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory", SizeLimit = new ResourceQuantity("50Mi") } }];

        FindExcess(pod, volume: 40).ShouldBeNull();
        FindExcess(pod, volume: 51)!.Signal.ShouldBe("emptydirfs.limit");
    }

    [Theory]
    [InlineData(4, 3, 3, false, null)]
    [InlineData(5, 3, 3, false, "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ")]
    [InlineData(50, 3, 3, true, null)]
    [InlineData(0, 5, 6, true, "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ")]
    public void FindExcess_OfAPod_CountsItsFilesLogsAndVolumesTogether(long root, long logs, long volume, bool hasImageFs, string? message)
    {
        var pod = Limited("10Mi");
        pod.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = new V1EmptyDirVolumeSource() }];

        FindExcess(pod, root, logs, volume, hasImageFs)?.Message.ShouldBe(message);
        (FindExcess(pod, root, logs, volume, hasImageFs) is null).ShouldBe(message is null);
    }

    [Fact]
    public void FindExcess_OfOneContainerOfSeveral_NamesIt()
    {
        var pod = Limited("10Mi");
        pod.Spec.Containers.Add(TestPods.Container("second", ""));
        pod.Spec.Containers[1].Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["ephemeral-storage"] = new("90Mi") } };

        var excess = FindExcess(pod, root: 11).ShouldNotBeNull();

        (excess.Signal, excess.Message).ShouldBe(("ephemeralcontainerfs.limit", "Container main exceeded its local ephemeral storage limit \"10Mi\". "));
    }

    [Fact]
    public void HasAny_WithoutLimits_IsFalse()
    {
        StorageLimits.HasAny(TestPods.Shell("a", "")).ShouldBeFalse();
        StorageLimits.HasAny(Limited("1Gi")).ShouldBeTrue();
        StorageLimits.HasAny(WithVolume(new V1EmptyDirVolumeSource { SizeLimit = new ResourceQuantity("0") })).ShouldBeFalse();
    }

    private static StorageExcess? FindExcess(V1Pod pod, long root = 0, long logs = 0, long volume = 0, bool hasImageFs = false) => StorageLimits.FindExcess(
        pod,
        new PodUsage
        {
            Containers = new Dictionary<string, ContainerShare>
            {
                ["main"] = new(0, new ContainerStorage(new StorageUsage(root * Mebi, 0), new StorageUsage(logs * Mebi, 0))),
            },
            Volumes = new Dictionary<string, StorageUsage> { ["scratch"] = new(volume * Mebi, 0) },
        },
        hasImageFs);

    private static V1Pod Limited(string limit)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["ephemeral-storage"] = new(limit) } };
        return pod;
    }

    private static V1Pod WithVolume(V1EmptyDirVolumeSource source)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Volumes = [new V1Volume { Name = "scratch", EmptyDir = source }];
        return pod;
    }
}
