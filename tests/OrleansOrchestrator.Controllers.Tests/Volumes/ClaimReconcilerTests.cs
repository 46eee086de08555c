using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Core.Volumes;

namespace OrleansOrchestrator.Controllers.Tests.Volumes;

public sealed class ClaimReconcilerTests
{
    private readonly VolumeModel _model = new();

    [Fact]
    public void Claim_FittingVolume_IsBoundOnBothSides()
    {
        _model.AddVolume(size: "5Gi");
        _model.AddClaim(size: "3Gi");

        _model.Settle();

        var (claim, volume) = (_model.Claim(), _model.Volume());
        (claim.Status.Phase, claim.Spec.VolumeName, claim.Status.Capacity["storage"].ToString()).ShouldBe(("Bound", "disk", "5Gi"));
        claim.Metadata.Annotations.ShouldContainKeyAndValue(VolumeMetadataKeys.BindCompleted, "yes");
        claim.Metadata.Annotations.ShouldContainKeyAndValue(VolumeMetadataKeys.BoundByController, "yes");
        (volume.Status.Phase, volume.Spec.ClaimRef.Uid).ShouldBe(("Bound", claim.Metadata.Uid));
        volume.Metadata.Annotations.ShouldContainKeyAndValue(VolumeMetadataKeys.BoundByController, "yes");
    }

    [Fact]
    public void Claim_SeveralVolumesFit_GetsTheSmallest()
    {
        _model.AddVolume("large", "100Gi");
        _model.AddVolume("small", "1Gi");
        _model.AddVolume("middle", "10Gi");
        _model.AddClaim(size: "2Gi");

        _model.Settle();

        _model.Claim().Spec.VolumeName.ShouldBe("middle");
    }

    [Fact]
    public void Claim_VolumeWithFewerModesFits_GetsIt()
    {
        _model.AddVolume("shared", "1Gi", modes: ["ReadWriteOnce", "ReadWriteMany"]);
        _model.AddVolume("own", "10Gi");
        _model.AddClaim();

        _model.Settle();

        _model.Claim().Spec.VolumeName.ShouldBe("own");
    }

    [Theory]
    [InlineData("size")]
    [InlineData("mode")]
    [InlineData("class")]
    [InlineData("volumeMode")]
    [InlineData("selector")]
    [InlineData("deleted")]
    [InlineData("taken")]
    public void Claim_VolumeDiffers_StaysPendingWithAReason(string what)
    {
        _model.AddVolume(size: what == "size" ? "512Mi" : "1Gi", className: what == "class" ? "slow" : "", modes: what == "mode" ? "ReadOnlyMany" : "ReadWriteOnce", change: volume =>
        {
            volume.Spec.VolumeMode = what == "volumeMode" ? "Block" : "Filesystem";
            volume.Metadata.DeletionTimestamp = what == "deleted" ? ClusterModel.Start.UtcDateTime : null;
            volume.Metadata.Finalizers = [VolumeMetadataKeys.VolumeProtection, "example.com/other"];
            volume.Spec.ClaimRef = what == "taken" ? new V1ObjectReference { NamespaceProperty = "other", Name = "data" } : null;
        });
        _model.AddClaim(change: claim => claim.Spec.Selector = what == "selector" ? new V1LabelSelector { MatchLabels = Samples.Labels("web") } : null);

        _model.Settle();

        _model.Claim().Status.Phase.ShouldBe("Pending");
        _model.Events.ShouldContain("Normal FailedBinding no persistent volumes available for this claim and no storage class is set");
    }

    [Fact]
    public void Claim_VolumeReservedByName_GetsItThoughSmallerOnesAreFree()
    {
        _model.AddVolume("free");
        _model.AddVolume("reserved", "10Gi", change: volume => volume.Spec.ClaimRef = new V1ObjectReference { NamespaceProperty = Samples.Namespace, Name = "data" });
        _model.Settle();
        _model.Volume("reserved").Status.Phase.ShouldBe("Available");
        _model.AddClaim();

        _model.Settle();

        _model.Claim().Spec.VolumeName.ShouldBe("reserved");
        (_model.Volume("reserved").Metadata.Annotations ?? new Dictionary<string, string>()).ShouldNotContainKey(VolumeMetadataKeys.BoundByController);
    }

    [Fact]
    public void Claim_AsksForVolumeByName_GetsIt()
    {
        _model.AddVolume("free");
        _model.AddVolume("wanted", "10Gi");
        _model.AddClaim(change: claim => claim.Spec.VolumeName = "wanted");

        _model.Settle();

        _model.Claim().Status.Phase.ShouldBe("Bound");
        _model.Volume("wanted").Status.Phase.ShouldBe("Bound");
        _model.Claim().Metadata.Annotations.ShouldNotContainKey(VolumeMetadataKeys.BoundByController);
    }

    [Theory]
    [InlineData("1Mi", "", "ReadWriteOnce", "requested PV is too small")]
    [InlineData("1Gi", "slow", "ReadWriteOnce", "storageClassName does not match")]
    [InlineData("1Gi", "", "ReadOnlyMany", "incompatible accessMode")]
    public void Claim_AsksForVolumeThatDoesNotFit_SaysWhy(string size, string className, string mode, string why)
    {
        _model.AddVolume(size: size, className: className, modes: mode);
        _model.AddClaim(change: claim => claim.Spec.VolumeName = "disk");

        _model.Settle();

        _model.Claim().Status.Phase.ShouldBe("Pending");
        _model.Events.ShouldContain($"Warning VolumeMismatch Cannot bind to requested volume \"disk\": {why}");
    }

    [Fact]
    public void Claim_AsksForVolumeOfAnother_WaitsForIt()
    {
        _model.AddVolume();
        _model.AddClaim("first");
        _model.Settle();
        _model.AddClaim("second", change: claim => claim.Spec.VolumeName = "disk");

        _model.Settle();

        _model.Claim("second").Status.Phase.ShouldBe("Pending");
        _model.Events.ShouldContain("Warning FailedBinding volume \"disk\" already bound to a different claim.");
    }

    [Fact]
    public void Claim_VolumeIsRemoved_IsLost()
    {
        _model.AddVolume();
        _model.AddClaim();
        _model.Settle();
        _model.Cluster.Remove(_model.Volume());

        _model.Settle();

        _model.Claim().Status.Phase.ShouldBe("Lost");
        _model.Events.ShouldContain("Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!");
    }

    [Fact]
    public void Claim_ReferenceOfItsVolumeIsTakenAway_IsBoundAgain()
    {
        _model.AddVolume();
        _model.AddClaim();
        _model.Settle();
        _model.Change(_model.Volume(), volume => volume.Spec.ClaimRef = null);

        _model.Settle();

        _model.Volume().Spec.ClaimRef.Uid.ShouldBe(_model.Claim().Metadata.Uid);
        _model.Volume().Status.Phase.ShouldBe("Bound");
    }

    [Fact]
    public void Claim_ItsVolumeIsGivenToAnother_IsMisbound()
    {
        _model.AddVolume();
        _model.AddClaim();
        _model.Settle();
        var other = _model.AddClaim("other");
        _model.Change(_model.Volume(), volume => volume.Spec.ClaimRef = new V1ObjectReference { NamespaceProperty = Samples.Namespace, Name = "other", Uid = other.Metadata.Uid });

        _model.Settle();

        _model.Claim().Status.Phase.ShouldBe("Lost");
        _model.Events.ShouldContain("Warning ClaimMisbound Two claims are bound to the same volume, this one is bound incorrectly");
        _model.Claim("other").Status.Phase.ShouldBe("Bound");
    }

    [Fact]
    public void Claim_WithoutClass_GetsTheNewestDefaultClassLater()
    {
        _model.AddClaim(className: null);
        _model.Settle().Claim().Spec.StorageClassName.ShouldBeNull();
        _model.AddClass("old", isDefault: true, provisioner: "example.com/one");
        _model.Cluster.Now += TimeSpan.FromMinutes(1);
        _model.AddClass("new", isDefault: true, provisioner: "example.com/two");
        _model.AddClass("newest", provisioner: "example.com/three");

        _model.Settle();

        _model.Claim().Spec.StorageClassName.ShouldBe("new");
        _model.Claim().Metadata.Annotations.ShouldContainKeyAndValue(VolumeMetadataKeys.StorageProvisioner, "example.com/two");
        _model.Events.ShouldContain("Normal ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'example.com/two' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.");
    }

    [Fact]
    public void Claim_EmptyClassName_NeverGetsTheDefaultClass()
    {
        _model.AddClass("standard", isDefault: true);
        _model.AddClaim(className: "");

        _model.Settle();

        _model.Claim().Spec.StorageClassName.ShouldBe("");
    }

    [Theory]
    [InlineData("missing", "storageclass.storage.k8s.io \"missing\" not found")]
    [InlineData("manual", "no volume plugin matched name: kubernetes.io/no-provisioner")]
    public void Claim_ClassThatProvisionsNothing_SaysSo(string className, string why)
    {
        _model.AddClass("manual", provisioner: "kubernetes.io/no-provisioner");
        _model.AddClaim(className: className);

        _model.Settle();

        _model.Events.ShouldContain($"Warning ProvisioningFailed {why}");
    }

    [Fact]
    public void Claim_ClassWaitsForConsumer_LeavesFreeVolumesToTheScheduler()
    {
        _model.AddClass("local", waits: true, provisioner: "kubernetes.io/no-provisioner");
        _model.AddVolume(className: "local");
        _model.AddClaim(className: "local");
        _model.Settle();
        _model.Events.ShouldContain("Normal WaitForFirstConsumer waiting for first consumer to be created before binding");
        _model.AddPod("web-1", "data");
        _model.Settle();
        _model.Events.ShouldContain("Normal WaitForPodScheduled waiting for pod web-1 to be scheduled");
        _model.Claim().Status.Phase.ShouldBe("Pending");

        // This is how the scheduler chooses a volume.
        _model.Change(_model.Volume(), volume => volume.Spec.ClaimRef = new V1ObjectReference { NamespaceProperty = Samples.Namespace, Name = "data", Uid = _model.Claim().Metadata.Uid });
        _model.Settle();

        _model.Claim().Status.Phase.ShouldBe("Bound");
    }

    [Fact]
    public void Claim_ManyPlansOfOneMoment_DifferInTheirVolume()
    {
        for (var i = 0; i < 20; i++)
        {
            _model.AddVolume($"disk-{i}");
            _model.AddClaim($"data-{i}");
        }

        foreach (var volume in _model.Cluster.All<V1PersistentVolume>())
            _model.Cluster.Step(VolumeModel.Reconcilers[1], volume.Key);
        var chosen = _model.Cluster.All<V1PersistentVolumeClaim>()
            .Select(claim => VolumeModel.Reconcilers[0].Reconcile(_model.Cluster.Observe(VolumeModel.Reconcilers[0], claim.Key)).Actions.Single().Key.Name);

        chosen.Distinct().Count().ShouldBeGreaterThan(5);
    }
}
