using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Controllers.Volumes;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Volumes;

public sealed class LocalPathTests
{
    private readonly VolumeModel _model = new();

    public LocalPathTests()
    {
        _model.AddClass("local-path", waits: true, isDefault: true);
        _model.AddNode();
    }

    [Fact]
    public void Claim_NodeIsChosen_GetsAFolderOfThatNode()
    {
        var uid = _model.AddClaim(size: "2Gi", className: "local-path").Metadata.Uid;
        _model.Settle().Cluster.All<V1PersistentVolume>().ShouldBeEmpty();

        _model.SelectNode();
        _model.Settle();

        var volume = _model.Volume($"pvc-{uid}");
        volume.Spec.Local.Path.ShouldBe($"/data/volumes/pvc-{uid}_{Samples.Namespace}_data");
        volume.Topology!.Admits(VolumeModel.Node, new Dictionary<string, string> { ["kubernetes.io/hostname"] = VolumeModel.Node }).ShouldBeTrue();
        volume.Topology!.Admits("other", new Dictionary<string, string> { ["kubernetes.io/hostname"] = "other" }).ShouldBeFalse();
        (volume.Status?.Phase, volume.Spec.Capacity["storage"].ToString()).ShouldBe(("Bound", "2Gi"));
        _model.Claim().Status.Phase.ShouldBe("Bound");
        _model.Events.ShouldContain($"Normal Provisioning External provisioner is provisioning volume for claim \"{Samples.Namespace}/data\"");
        _model.Events.ShouldContain($"Normal ProvisioningSucceeded Successfully provisioned volume pvc-{uid}");
    }

    [Fact]
    public void Claim_Deleted_HasItsFolderRemovedByTheNode()
    {
        var path = Provision();

        _model.Delete(_model.Claim());
        _model.Settle();

        // The node may be away for any time.
        _model.Settle().Cluster.All<V1PersistentVolume>().Single().IsDeleting.ShouldBeTrue();
        _model.CleanNode().ShouldBe([path]);
        _model.Settle().Cluster.All<V1PersistentVolume>().ShouldBeEmpty();
    }

    [Fact]
    public void Volume_OfRetainedClass_KeepsItsFolderEvenWhenDeleted()
    {
        _model.AddClass("kept", waits: true, policy: "Retain");
        Provision("kept");

        _model.Delete(_model.Claim());
        _model.Settle();
        var volume = _model.Cluster.All<V1PersistentVolume>().Single();
        (volume.Status.Phase, volume.IsDeleting).ShouldBe(("Released", false));

        _model.Delete(volume);
        _model.CleanNode().ShouldBeEmpty();
        _model.Settle().Cluster.All<V1PersistentVolume>().ShouldBeEmpty();
    }

    [Fact]
    public void Volume_NodeIsGoneForEver_IsNotHeld()
    {
        Provision();
        _model.Delete(_model.Claim());
        _model.Settle();

        _model.Cluster.Remove(_model.Cluster.All<V1Node>().Single());
        _model.Settle();

        _model.Cluster.All<V1PersistentVolume>().ShouldBeEmpty();
    }

    [Fact]
    public void Volume_DeletedBeforeItsClaim_IsRemovedOnlyAfterIt()
    {
        Provision();

        _model.Delete(_model.Cluster.All<V1PersistentVolume>().Single());
        _model.Settle().CleanNode().ShouldBeEmpty();
        _model.Claim().Status.Phase.ShouldBe("Bound");

        _model.Delete(_model.Claim());
        _model.Settle().CleanNode().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("free")]
    [InlineData("reserved")]
    [InlineData("taken")]
    public void Volume_RecoveredWhileItsPhaseIsOld_KeepsItsData(string what)
    {
        _model.AddClass("kept", waits: true, policy: "Retain");
        Provision("kept");
        _model.Delete(_model.Claim());
        _model.Settle();
        var next = _model.AddClaim(className: "kept");
        var name = _model.Cluster.All<V1PersistentVolume>().Single().Metadata.Name;

        // What an administrator does to use the data again; the phase follows later.
        _model.Change(_model.Volume(name), volume =>
        {
            volume.Spec.PersistentVolumeReclaimPolicy = "Delete";
            if (what == "free")
                volume.Spec.ClaimRef = null;
            else
                volume.Spec.ClaimRef.Uid = what == "reserved" ? null : next.Metadata.Uid;
        });
        _model.Cluster.Step(new LocalPathReclaimer(), new ObjectKey("", name)).Actions.ShouldBeEmpty();

        _model.Settle().CleanNode().ShouldBeEmpty();
        _model.Volume(name).Status.Phase.ShouldBe(what == "free" ? "Available" : "Bound");
    }

    [Fact]
    public void Volume_GivenToAnotherClaimAndDeletedWhileItsPhaseIsOld_StaysUntilThatClaimIsGone()
    {
        Provision();
        var volume = _model.Cluster.All<V1PersistentVolume>().Single();
        _model.Change(volume, changed => changed.Status.Phase = "Released");
        _model.Delete(volume);

        _model.Cluster.Step(new VolumeProtectionReconciler(), volume.Key).Actions.ShouldBeEmpty();
        _model.CleanNode().ShouldBeEmpty();

        _model.Settle().Delete(_model.Claim());
        _model.Settle().CleanNode().Count.ShouldBe(1);
    }

    [Fact]
    public void Volume_FreedByAnAdministratorAndDeleted_LeavesItsFolder()
    {
        Provision();
        _model.Change(_model.Cluster.All<V1PersistentVolume>().Single(), volume => volume.Spec.PersistentVolumeReclaimPolicy = "Retain");
        _model.Delete(_model.Claim());
        _model.Settle();
        var freed = _model.Cluster.All<V1PersistentVolume>().Single();
        _model.Change(freed, volume => (volume.Spec.ClaimRef, volume.Spec.PersistentVolumeReclaimPolicy) = (null, "Delete"));
        _model.Settle();

        _model.Delete(_model.Volume(freed.Metadata.Name));

        _model.CleanNode().ShouldBeEmpty();
        _model.Settle().CleanNode().ShouldBeEmpty();
        _model.Cluster.All<V1PersistentVolume>().ShouldBeEmpty();
    }

    [Fact]
    public void Volume_ClaimIsNotThere_IsConcludedFromTheNewestStateOnly()
    {
        Provision();
        var volume = _model.Cluster.All<V1PersistentVolume>().Single();
        _model.Change(volume, changed => changed.Status.Phase = "Released");
        _model.Cluster.ReadAnew(new LocalPathReclaimer(), volume.Key).ShouldBeEmpty();

        _model.Cluster.Remove(_model.Claim());
        _model.Cluster.ReadAnew(new LocalPathReclaimer(), volume.Key).ShouldBe([WellKnownResources.PersistentVolumeClaims]);
        _model.Cluster.ReadAnew(new VolumeProtectionReconciler(), volume.Key).ShouldBeEmpty();
        _model.Delete(_model.Volume(volume.Metadata.Name));
        _model.Cluster.ReadAnew(new VolumeProtectionReconciler(), volume.Key).ShouldBe([WellKnownResources.PersistentVolumeClaims]);
    }

    [Fact]
    public void Claim_OfALongName_GetsAFolderThatFileSystemsTake()
    {
        var uid = _model.AddClaim(new string('n', 253), className: "local-path").Metadata.Uid;
        _model.SelectNode(new string('n', 253));

        _model.Settle();

        var folder = Path.GetFileName(_model.Cluster.All<V1PersistentVolume>().Single().Spec.Local.Path);
        folder.Length.ShouldBe(255);
        folder.ShouldStartWith($"pvc-{uid}_{Samples.Namespace}_nnn");
    }

    [Fact]
    public void Claim_NodeIsGone_IsGivenBackToTheScheduler()
    {
        _model.AddClaim(className: "local-path");
        _model.SelectNode(node: "gone");

        _model.Settle();

        _model.Claim().SelectedNode.ShouldBeNull();
        _model.Events.ShouldContain("Warning ProvisioningFailed failed to provision volume with StorageClass \"local-path\": failed to get target node: nodes \"gone\" not found");
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Claim_NodeHasNoFolder_IsGivenBackToTheScheduler(bool hasAnnotation, bool hasHostname)
    {
        _model.Change(_model.AddNode("node-2"), node =>
        {
            node.Metadata.Annotations = hasAnnotation ? node.Metadata.Annotations : null;
            node.Metadata.Labels = hasHostname ? node.Metadata.Labels : null;
        });
        _model.AddClaim(className: "local-path");
        _model.SelectNode(node: "node-2");

        _model.Settle();

        _model.Claim().SelectedNode.ShouldBeNull();
        _model.Events.ShouldContain("Warning ProvisioningFailed failed to provision volume with StorageClass \"local-path\": node \"node-2\" has no folder for volumes");
    }

    [Theory]
    [InlineData("ReadWriteMany", "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes")]
    [InlineData("Block", "block volume provisioning is not supported")]
    [InlineData("Immediate", "configuration error, no node was specified")]
    public void Claim_ThatNoFolderCanServe_SaysWhy(string what, string why)
    {
        _model.AddClass("at-once");
        _model.AddClaim(className: what == "Immediate" ? "at-once" : "local-path", mode: what == "ReadWriteMany" ? what : "ReadWriteOnce", change: claim =>
            claim.Spec.VolumeMode = what == "Block" ? "Block" : "Filesystem");
        if (what != "Immediate")
            _model.SelectNode();

        _model.Settle();

        _model.Cluster.All<V1PersistentVolume>().ShouldBeEmpty();
        _model.Events.ShouldContain($"Warning ProvisioningFailed failed to provision volume with StorageClass \"{_model.Claim().Spec.StorageClassName}\": {why}");
    }

    [Fact]
    public void LabelOf_LongNames_FitsAndDiffers()
    {
        var name = new string('n', 200);
        LocalPathVolumes.LabelOf(name + "a").Length.ShouldBe(63);
        LocalPathVolumes.LabelOf(name + "a").ShouldNotBe(LocalPathVolumes.LabelOf(name + "b"));
        LocalPathVolumes.LabelOf("node-1").ShouldBe("node-1");
    }

    private string Provision(string className = "local-path")
    {
        _model.AddClaim(className: className);
        _model.Settle();
        _model.SelectNode();
        _model.Settle().Claim().Status.Phase.ShouldBe("Bound");
        return _model.Cluster.All<V1PersistentVolume>().Single().Spec.Local.Path;
    }
}
