using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.VolumeObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Cluster;

public sealed class VolumeTableProperties
{
    private static readonly string[] Hosts = ["a", "b", ""];

    private static readonly Gen<V1PersistentVolume> Volumes = Gen.Select(
        Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[1, 3], Gen.Int[0, 3], Gen.Bool,
        (index, host, ofClass, size, owner, isOfOneMode) =>
        {
            var claim = owner switch { 2 => "c", 3 => "somebody", _ => null };
            var volume = VolumeOn($"v{index}", Hosts[host], ofClass == 0 ? "manual" : "other", $"{size}Gi", claim);
            volume.Spec.AccessModes = isOfOneMode ? ["ReadWriteOnce"] : ["ReadWriteOnce", "ReadWriteOncePod"];
            if (claim == "c")
                volume.Spec.ClaimRef.Uid = null;
            return volume;
        });

    private static readonly Gen<(V1PersistentVolume Volume, bool IsRemoved)[]> Steps = Gen.Select(Volumes, Gen.Bool).Array[0, 40];

    [Fact]
    public void Choose_AfterAnyChanges_IsTheBestOfAllVolumesThatTheNodeReaches() => Gen.Select(Steps, Gen.Int[1, 3]).Sample((steps, size) =>
    {
        var harness = new Harness(NodeOf("a"), NodeOf("b"));
        var left = new Dictionary<string, V1PersistentVolume>(StringComparer.Ordinal);
        foreach (var (volume, isRemoved) in steps)
        {
            if (isRemoved)
                harness.Cache.RemoveObject(ObjectInputs.PersistentVolumes, KeyOf(volume));
            else
                Set(harness, volume);
            left.Remove(volume.Metadata.Name);
            if (!isRemoved)
                left.Add(volume.Metadata.Name, volume);
        }

        Set(harness, Manual());
        var claim = ClaimOf("c", "manual", size: $"{size}Gi");
        Set(harness, claim);
        var volumes = PodVolumes.Read(harness.Cache, WithClaim("c").Info());
        foreach (var host in Hosts[..2])
        {
            harness.Cache.Nodes.TryFind(host, out var row).ShouldBeTrue();
            var node = harness.Cache.Nodes.Record(row);
            var best = VolumeMatching.FindBest(claim, left.Values.Where(volume => volume.Topology?.Admits(node.Name, node.Labels) is not false));
            volumes.Choose(node)?.Single().Volume?.Metadata.Name.ShouldBe(best?.Metadata.Name);
            (volumes.Choose(node) is null).ShouldBe(best is null);
        }
    }, iter: 2000);

    [Fact]
    public void Table_VolumesThatAreGone_LeaveNothingBehind() => Steps.Sample(steps =>
    {
        var table = new VolumeTable();
        foreach (var (volume, isRemoved) in steps)
        {
            if (isRemoved)
                table.TryRemove(KeyOf(volume), out _);
            else
                table.TrySet(KeyOf(volume), volume, out _);
        }

        foreach (var (volume, _) in steps)
            table.TryRemove(KeyOf(volume), out _);
        (table.FreeOf("manual"), table.FreeOf("other"), table.OfClaim(new("default", "c")).Count).ShouldBe((null, null, 0));
    });
}
