using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Core.Volumes;

namespace OrleansOrchestrator.Controllers.Tests.Volumes;

public sealed class VolumeReconcilerTests
{
    private readonly VolumeModel _model = new();

    [Fact]
    public void Volume_ClaimIsDeleted_IsReleasedAndKeptUnderRetain()
    {
        Bind("Retain");

        _model.Delete(_model.Claim());
        _model.Settle();

        _model.FindClaim().ShouldBeNull();
        _model.Volume().Status.Phase.ShouldBe("Released");
        _model.Volume().Status.LastPhaseTransitionTime.ShouldBe(ClusterModel.Start.UtcDateTime);
        // Nobody else gets the data of the claim that is gone.
        _model.AddClaim("next");
        _model.Settle().Claim("next").Status.Phase.ShouldBe("Pending");
    }

    [Fact]
    public void Volume_ReferenceOfReleasedOneIsRemoved_IsAvailableAgain()
    {
        Bind("Retain");
        _model.Delete(_model.Claim());
        _model.Settle();

        _model.Change(_model.Volume(), volume => volume.Spec.ClaimRef = null);
        _model.AddClaim("next");
        _model.Settle();

        _model.Claim("next").Spec.VolumeName.ShouldBe("disk");
    }

    [Theory]
    [InlineData("Delete", "Warning VolumeFailedDelete error getting deleter volume plugin for volume \"disk\": no deletable volume plugin matched")]
    [InlineData("Recycle", "Warning VolumeFailedRecycle No recycler plugin found for the volume!")]
    public void Volume_NobodyCanReclaimIt_FailsAndSaysWhy(string policy, string expected)
    {
        Bind(policy);

        _model.Delete(_model.Claim());
        _model.Settle();

        _model.Volume().Status.Phase.ShouldBe("Failed");
        _model.Volume().Status.Message.ShouldNotBeNullOrEmpty();
        _model.Events.ShouldContain(expected);
    }

    [Theory]
    [InlineData("Recycle", "Retain")]
    [InlineData("Delete", "Retain")]
    [InlineData("Recycle", "Delete")]
    public void Volume_CauseOfItsFailureIsMended_IsReleasedAgain(string policy, string mended)
    {
        Bind(policy);
        _model.Delete(_model.Claim());
        _model.Settle().Volume().Status.Phase.ShouldBe("Failed");

        _model.Change(_model.Volume(), volume =>
        {
            volume.Spec.PersistentVolumeReclaimPolicy = mended;
            volume.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.ProvisionedBy] = "example.com/disks" };
        });
        _model.Settle();

        (_model.Volume().Status.Phase, _model.Volume().Status.Message ?? "").ShouldBe(("Released", ""));
    }

    [Fact]
    public void Volume_ClaimIsMadeAnewUnderItsName_IsReleased()
    {
        Bind("Retain");
        _model.Cluster.Remove(_model.Claim());
        _model.AddClaim();

        _model.Settle();

        _model.Volume().Status.Phase.ShouldBe("Released");
        _model.Claim().Status.Phase.ShouldBe("Pending");
    }

    [Fact]
    public void Volume_ClaimWasBoundElsewhere_IsAvailableAgain()
    {
        Bind("Retain");
        _model.AddVolume("other", change: volume =>
        {
            volume.Spec.ClaimRef = new V1ObjectReference { NamespaceProperty = Samples.Namespace, Name = "data", Uid = _model.Claim().Metadata.Uid };
            volume.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.BoundByController] = "yes" };
        });

        _model.Settle();

        _model.Volume("other").Spec.ClaimRef.ShouldBeNull();
        _model.Volume("other").Status.Phase.ShouldBe("Available");
        _model.Volume().Status.Phase.ShouldBe("Bound");
    }

    [Fact]
    public void Claim_DeletedWhileAPodUsesIt_StaysUntilThePodIsGone()
    {
        Bind("Retain");
        var pod = _model.AddPod("web", "data", node: VolumeModel.Node);

        _model.Delete(_model.Claim());
        _model.Settle().Claim().IsDeleting.ShouldBeTrue();
        _model.Volume().Status.Phase.ShouldBe("Bound");

        _model.Cluster.Remove(pod);
        _model.Settle();
        _model.FindClaim().ShouldBeNull();
    }

    [Fact]
    public void Claim_DeletedWhileAPodWithoutNodeNamesIt_Goes()
    {
        Bind("Retain");
        _model.AddPod("web", "data");

        _model.Delete(_model.Claim());
        _model.Settle();

        _model.FindClaim().ShouldBeNull();
    }

    [Fact]
    public void Volume_DeletedWhileBound_StaysUntilItsClaimIsGone()
    {
        Bind("Retain");

        _model.Delete(_model.Volume());
        _model.Settle().Volume().IsDeleting.ShouldBeTrue();
        _model.Claim().Status.Phase.ShouldBe("Bound");

        _model.Delete(_model.Claim());
        _model.Settle();
        _model.FindVolume().ShouldBeNull();
    }

    [Fact]
    public void Protection_ObjectsWithoutIt_GetIt()
    {
        _model.AddClaim(change: claim => claim.Metadata.Finalizers = null);
        _model.AddVolume(change: volume => volume.Metadata.Finalizers = null);

        _model.Settle();

        _model.Claim().Metadata.Finalizers.ShouldBe([VolumeMetadataKeys.ClaimProtection]);
        _model.Volume().Metadata.Finalizers.ShouldBe([VolumeMetadataKeys.VolumeProtection]);
    }

    [Fact]
    public void EphemeralVolume_OfAPod_GetsAClaimThatThePodOwns()
    {
        _model.AddVolume();
        var pod = _model.Cluster.Add(PodWithEphemeralVolume());

        _model.Settle();

        var claim = _model.Claim("web-scratch");
        claim.Metadata.OwnerReferences.Single().Uid.ShouldBe(pod.Metadata.Uid);
        claim.Metadata.Labels.ShouldContainKeyAndValue("app", "scratch");
        claim.Status.Phase.ShouldBe("Bound");
    }

    [Fact]
    public void EphemeralVolume_ClaimOfThatNameIsSomebodyElses_SaysSo()
    {
        _model.AddClaim("web-scratch");
        _model.Cluster.Add(PodWithEphemeralVolume());

        _model.Settle();

        _model.Events.ShouldContain($"Warning FailedBinding ephemeral volume scratch: PVC {Samples.Namespace}/web-scratch was not created for pod {Samples.Namespace}/web (pod is not owner)");
        _model.Claim("web-scratch").Metadata.OwnerReferences.ShouldBeNull();
    }

    private static V1Pod PodWithEphemeralVolume()
    {
        var pod = Samples.Pod("web", phase: "Pending");
        pod.Spec.Volumes =
        [
            new V1Volume
            {
                Name = "scratch",
                Ephemeral = new V1EphemeralVolumeSource
                {
                    VolumeClaimTemplate = new V1PersistentVolumeClaimTemplate
                    {
                        Metadata = new V1ObjectMeta { Labels = Samples.Labels("scratch") },
                        Spec = new V1PersistentVolumeClaimSpec
                        {
                            AccessModes = ["ReadWriteOnce"],
                            StorageClassName = "",
                            Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Mi") } },
                        },
                    },
                },
            },
        ];
        return pod;
    }

    private void Bind(string policy)
    {
        _model.AddVolume(policy: policy);
        _model.AddClaim();
        _model.Settle().Claim().Status.Phase.ShouldBe("Bound");
    }
}
