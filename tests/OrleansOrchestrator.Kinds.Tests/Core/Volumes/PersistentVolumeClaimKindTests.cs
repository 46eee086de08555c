namespace OrleansOrchestrator.Kinds.Tests.Core.Volumes;

public class PersistentVolumeClaimKindTests
{
    private const string Valid =
        "{'metadata':{'name':'c'},'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'5Gi'}},'storageClassName':'fast'}}";

    private const string Immutable = "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n";

    private static readonly KindCase Claims = new("persistentvolumeclaims");

    private static string Bound => KindCase.Merge(Valid, "{'spec':{'volumeName':'v'},'status':{'phase':'Bound','capacity':{'storage':'5Gi'}}}");

    [Fact]
    public void Claim_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Claims.Created(Valid),
        """
        {"metadata":{"name":"c"},
         "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"5Gi"}},"storageClassName":"fast","volumeMode":"Filesystem"},
         "status":{"phase":"Pending"}}
        """);

    [Fact]
    public void DataSource_GivenOnce_IsInBothFields() =>
        Claims.Created(KindCase.Merge(Valid, "{'spec':{'dataSource':{'kind':'PersistentVolumeClaim','name':'old'}}}"))["spec"]!["dataSourceRef"]!.ToJsonString()
            .ShouldBe("""{"kind":"PersistentVolumeClaim","name":"old"}""");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'accessModes':null}", "spec.accessModes: Required value: at least 1 access mode is required")]
    [InlineData("{'accessModes':['Once']}", "spec.accessModes: Unsupported value: \"Once\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"")]
    [InlineData("{'resources':null}", "spec.resources[storage]: Required value")]
    [InlineData("{'resources':{'requests':{'storage':'0'}}}", "spec.resources[storage]: Invalid value: \"0\": must be greater than zero")]
    [InlineData("{'volumeMode':'Tape'}", "spec.volumeMode: Unsupported value: \"Tape\": supported values: \"Block\", \"Filesystem\"")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Claims.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Size_OfABoundClaim_MayGrow() => Claims.UpdateFaults(Bound, KindCase.Merge(Bound, "{'spec':{'resources':{'requests':{'storage':'9Gi'}}}}")).ShouldBe("");

    [Fact]
    public void Size_OfABoundClaim_MayShrinkToMoreThanItHas()
    {
        var growing = KindCase.Merge(Bound, "{'spec':{'resources':{'requests':{'storage':'9Gi'}}}}");
        Claims.UpdateFaults(growing, KindCase.Merge(growing, "{'spec':{'resources':{'requests':{'storage':'6Gi'}}}}")).ShouldBe("");
        Claims.UpdateFaults(growing, Bound).ShouldBe("spec.resources.requests.storage: Forbidden: field can not be less than status.capacity");
    }

    [Fact]
    public void Size_OfAnUnboundClaim_DoesNotChange() =>
        Claims.UpdateFaults(Valid, KindCase.Merge(Valid, "{'spec':{'resources':{'requests':{'storage':'9Gi'}}}}")).ShouldBe(
            Immutable + "resources.requests.storage: \"5Gi\" → \"9Gi\"");

    [Theory]
    [InlineData("{'accessModes':['ReadWriteMany']}", "accessModes[0]: \"ReadWriteOnce\" → \"ReadWriteMany\"")]
    [InlineData("{'storageClassName':'slow'}", "storageClassName: \"fast\" → \"slow\"")]
    public void Update_OfAnythingElse_IsRefused(string change, string difference) =>
        Claims.UpdateFaults(Bound, KindCase.Merge(Bound, $"{{'spec':{change}}}")).ShouldBe(Immutable + difference);

    [Fact]
    public void Volume_OfAClaim_IsSetOnce()
    {
        Claims.UpdateFaults(Valid, KindCase.Merge(Valid, "{'spec':{'volumeName':'v'}}")).ShouldBe("");
        Claims.UpdateFaults(Bound, KindCase.Merge(Bound, "{'spec':{'volumeName':'w'}}")).ShouldBe(Immutable + "volumeName: \"v\" → \"w\"");
    }

    [Fact]
    public void Class_OfAClaimThatHasNone_IsSetOnce() =>
        Claims.UpdateFaults(KindCase.Merge(Valid, "{'spec':{'storageClassName':null}}"), Valid).ShouldBe("");

    [Fact]
    public void Row_OfAClaim_TellsItsVolume()
    {
        Claims.Headings(wide: true).ShouldBe("Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | VolumeMode");
        Claims.Row(KindCase.Merge(Bound, "{'status':{'accessModes':['ReadWriteOnce']}}")).ShouldBe("c | Bound | v | 5Gi | RWO | fast | <unset> | <unknown>");
        Claims.Row(KindCase.Merge(Valid, "{'metadata':{'deletionTimestamp':'2026-03-01T11:00:00Z'}}")).ShouldBe("c | Terminating |  |  |  | fast | <unset> | <unknown>");
    }
}
