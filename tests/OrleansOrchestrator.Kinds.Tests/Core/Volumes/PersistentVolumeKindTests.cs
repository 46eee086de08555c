namespace OrleansOrchestrator.Kinds.Tests.Core.Volumes;

public class PersistentVolumeKindTests
{
    private const string Valid =
        "{'metadata':{'name':'v'},'spec':{'accessModes':['ReadWriteOnce','ReadOnlyMany'],'capacity':{'storage':'5Gi'},'hostPath':{'path':'/data'}}}";

    private static readonly KindCase Volumes = new("persistentvolumes");

    [Fact]
    public void Volume_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Volumes.Created(Valid),
        """
        {"metadata":{"name":"v"},
         "spec":{"accessModes":["ReadWriteOnce","ReadOnlyMany"],"capacity":{"storage":"5Gi"},"hostPath":{"path":"/data","type":""},
           "persistentVolumeReclaimPolicy":"Retain","volumeMode":"Filesystem"},
         "status":{"phase":"Pending"}}
        """);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'accessModes':[]}", "spec.accessModes: Required value")]
    [InlineData("{'accessModes':['Once']}", "spec.accessModes: Unsupported value: \"Once\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"")]
    [InlineData("{'accessModes':['ReadWriteOncePod','ReadOnlyMany']}", "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes")]
    [InlineData("{'capacity':null}", "spec.capacity: Required value\nspec.capacity: Unsupported value: {}: supported values: \"storage\"")]
    [InlineData("{'capacity':{'storage':'0'}}", "spec.capacity[storage]: Invalid value: \"0\": must be greater than zero")]
    [InlineData("{'persistentVolumeReclaimPolicy':'Keep'}", "spec.persistentVolumeReclaimPolicy: Unsupported value: \"Keep\": supported values: \"Delete\", \"Recycle\", \"Retain\"")]
    [InlineData("{'persistentVolumeReclaimPolicy':'Recycle','hostPath':{'path':'/'}}", "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'")]
    [InlineData("{'hostPath':null}", "spec: Required value: must specify a volume type")]
    [InlineData("{'nfs':{'server':'s','path':'/p'}}", "spec.nfs: Forbidden: may not specify more than 1 volume type")]
    [InlineData("{'hostPath':null,'nfs':{'server':'s','path':'p'}}", "spec.nfs.path: Invalid value: \"p\": must be an absolute path")]
    [InlineData("{'hostPath':null,'local':{'path':'/p'}}", "metadata.annotations: Required value: Local volume requires node affinity")]
    [InlineData("{'hostPath':null,'csi':{'driver':'d'}}", "spec.csi.volumeHandle: Required value")]
    [InlineData("{'hostPath':{'path':'/a/../b'}}", "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'")]
    [InlineData("{'volumeMode':'Tape'}", "spec.volumeMode: Unsupported value: \"Tape\": supported values: \"Block\", \"Filesystem\"")]
    [InlineData("{'nodeAffinity':{}}", "spec.nodeAffinity.required: Required value: must specify required node constraints")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Volumes.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'capacity':{'storage':'6Gi'}}", "")]
    [InlineData("{'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[{'key':'a','operator':'Exists'}]}]}}}", "")]
    [InlineData("{'hostPath':{'path':'/other'}}", "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\nhostPath.path: \"/data\" → \"/other\"")]
    [InlineData("{'volumeMode':'Block'}", "volumeMode: Invalid value: \"Block\": field is immutable")]
    public void Update_OfWhereTheDataIs_IsRefused(string change, string fault) =>
        Volumes.UpdateFaults(Valid, KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Row_OfAVolume_TellsItsClaim()
    {
        Volumes.Headings(wide: true).ShouldBe("Name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | Reason | Age | VolumeMode");
        Volumes.Row(KindCase.Merge(Valid, "{'spec':{'claimRef':{'namespace':'default','name':'c'},'storageClassName':'fast','persistentVolumeReclaimPolicy':'Delete','volumeMode':'Block'},'status':{'phase':'Bound'}}"), wide: true)
            .ShouldBe("v | 5Gi | RWO,ROX | Delete | Bound | default/c | fast | <unset> |  | <unknown> | Block");
    }
}
