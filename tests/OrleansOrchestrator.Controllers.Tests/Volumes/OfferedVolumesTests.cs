using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Controllers.Volumes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Volumes;

/// <summary>Of the claims that wait, a free volume concerns those that may get it.</summary>
public sealed class OfferedVolumesTests
{
    private readonly VolumeModel _model = new();
    private readonly OfferedVolumes _offered = new();

    [Fact]
    public void Volume_OfAClassThatWaitsForConsumers_ConcernsNoClaim()
    {
        _model.AddClass("slow", waits: true);
        var claim = _model.AddClaim(className: "slow");

        Concerned("slow").ShouldBeEmpty();
        _model.Cluster.Observe(_offered, WellKnownResources.PersistentVolumeClaims, claim.Key).ShouldBeEmpty();
    }

    [Fact]
    public void Volume_ConcernsClaimsWhoseAccessModesItHas()
    {
        _model.AddClaim("once");
        _model.AddClaim("many", mode: "ReadWriteMany");
        _model.AddClaim("other", className: "other");

        Concerned("", "ReadWriteOnce", "ReadOnlyMany").ShouldBe(["once"]);
        Concerned("", "ReadWriteOnce", "ReadWriteMany").ShouldBe(["many", "once"]);
    }

    private string[] Concerned(string className, params string[] modes)
    {
        var volume = _model.AddVolume($"disk-{modes.Length}{string.Concat(modes)}".ToLowerInvariant(), className: className, modes: modes, change: volume => volume.Status = new V1PersistentVolumeStatus { Phase = "Available" });
        var change = new ObjectChange(ClusterModel.StoredOf(volume), null);
        return [.. _model.Cluster.FindPrimaries(_offered, WellKnownResources.PersistentVolumeClaims, change).Select(key => key.Name).Order(StringComparer.Ordinal)];
    }
}
