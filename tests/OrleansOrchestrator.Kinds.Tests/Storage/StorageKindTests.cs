namespace OrleansOrchestrator.Kinds.Tests.Storage;

public class StorageKindTests
{
    private const string Class = "{'metadata':{'name':'fast'},'provisioner':'example.com/disk','parameters':{'type':'ssd'}}";
    private const string Node = "{'metadata':{'name':'n'},'spec':{'drivers':[{'name':'d.example.com','nodeID':'1'}]}}";
    private const string Attachment = "{'metadata':{'name':'a'},'spec':{'attacher':'d.example.com','nodeName':'n','source':{'persistentVolumeName':'pv'}}}";

    private static readonly KindCase Classes = new("storageclasses", "storage.k8s.io");
    private static readonly KindCase Drivers = new("csidrivers", "storage.k8s.io");
    private static readonly KindCase Nodes = new("csinodes", "storage.k8s.io");
    private static readonly KindCase Capacities = new("csistoragecapacities", "storage.k8s.io");
    private static readonly KindCase Attachments = new("volumeattachments", "storage.k8s.io");
    private static readonly KindCase RuntimeClasses = new("runtimeclasses", "node.k8s.io");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'provisioner':null}", "provisioner: Required value")]
    [InlineData("{'reclaimPolicy':'x'}", "reclaimPolicy: Unsupported value: \"x\": supported values: \"Delete\", \"Retain\"")]
    [InlineData("{'volumeBindingMode':'x'}", "volumeBindingMode: Unsupported value: \"x\": supported values: \"Immediate\", \"WaitForFirstConsumer\"")]
    [InlineData("{'parameters':{'':'x'}}", "parameters: Invalid value: \"\": field can not be empty.")]
    [InlineData("{'allowedTopologies':[{'matchLabelExpressions':[{'key':'zone','values':[]}]}]}", "allowedTopologies[0].matchLabelExpressions[0].values: Required value")]
    [InlineData("{'allowedTopologies':[{'matchLabelExpressions':[{'key':'zone','values':['a']}]},{'matchLabelExpressions':[{'key':'zone','values':['a']}]}]}",
        "allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\"")]
    public void Class_Faults_AreTold(string change, string fault) => Classes.Faults(KindCase.Merge(Class, change)).ShouldBe(fault);

    [Theory]
    [InlineData("{'allowVolumeExpansion':true}", "")]
    [InlineData("{'parameters':{'type':'hdd'}}", "parameters: Forbidden: updates to parameters are forbidden.")]
    [InlineData("{'provisioner':'x'}", "provisioner: Forbidden: updates to provisioner are forbidden.")]
    [InlineData("{'reclaimPolicy':'Retain'}", "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.")]
    [InlineData("{'volumeBindingMode':'WaitForFirstConsumer'}", "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable")]
    public void Class_UpdateFaults_AreTold(string change, string fault) => Classes.UpdateFaults(Class, KindCase.Merge(Class, change)).ShouldBe(fault);

    [Fact]
    public void Class_OfDefault_IsMarkedInItsRow()
    {
        Classes.Headings().ShouldBe("Name | Provisioner | ReclaimPolicy | VolumeBindingMode | AllowVolumeExpansion | Age");
        Classes.Row(KindCase.Merge(Class, "{'metadata':{'annotations':{'storageclass.kubernetes.io/is-default-class':'true'}}}"))
            .ShouldBe("fast (default) | example.com/disk | Delete | Immediate | False | <unknown>");
    }

    [Fact]
    public void Driver_Defaults_AreFilled() => KindCase.ShouldBeJson(
        Drivers.Created("{'metadata':{'name':'d'}}"),
        "{'metadata':{'name':'d'},'spec':{'attachRequired':true,'podInfoOnMount':false,'storageCapacity':false,'fsGroupPolicy':'ReadWriteOnceWithFSType','volumeLifecycleModes':['Persistent'],'requiresRepublish':false,'seLinuxMount':false}}");

    [Theory]
    [InlineData("{'fsGroupPolicy':'x'}", "spec.fsGroupPolicy: Unsupported value: \"x\": supported values: \"File\", \"None\", \"ReadWriteOnceWithFSType\"")]
    [InlineData("{'volumeLifecycleModes':['x']}", "spec.volumeLifecycleModes: Unsupported value: \"x\": supported values: \"Persistent\", \"Ephemeral\"")]
    [InlineData("{'tokenRequests':[{'audience':'a'},{'audience':'a'}]}", "spec.tokenRequests[1].audience: Duplicate value: \"a\"")]
    [InlineData("{'tokenRequests':[{'audience':'a','expirationSeconds':1}]}", "spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes")]
    public void Driver_Faults_AreTold(string spec, string fault) => Drivers.Faults($"{{'metadata':{{'name':'d'}},'spec':{spec}}}").ShouldBe(fault);

    [Fact]
    public void Driver_Update_KeepsWhatNodesRelyOn()
    {
        const string Before = "{'metadata':{'name':'d'}}";
        Drivers.UpdateFaults(Before, "{'metadata':{'name':'d'},'spec':{'attachRequired':false}}").ShouldBe("spec.attachedRequired: Invalid value: false: field is immutable");
        Drivers.Updated(Before, "{'metadata':{'name':'d'},'spec':{'requiresRepublish':true}}")["metadata"]!["generation"]!.GetValue<long>().ShouldBe(1);
        Drivers.Row(Before).ShouldBe("d | True | False | False | <unset> | False | <none> | <unknown>");
    }

    [Theory]
    [InlineData("{'drivers':[{'name':'d','nodeID':''}]}", "spec.drivers[0].nodeID: Required value")]
    [InlineData("{'drivers':[{'name':'d','nodeID':'1'},{'name':'d','nodeID':'1'}]}", "spec.drivers[1].name: Duplicate value: \"d\"")]
    [InlineData("{'drivers':[{'name':'d','nodeID':'1','allocatable':{'count':-1}}]}", "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'drivers':[{'name':'d','nodeID':'1','topologyKeys':['a','a']}]}", "spec.drivers[0]: Duplicate value: \"a\"")]
    public void Node_Faults_AreTold(string spec, string fault) => Nodes.Faults($"{{'metadata':{{'name':'n'}},'spec':{spec}}}").ShouldBe(fault);

    [Fact]
    public void Node_Drivers_ComeAndGoButDoNotChange()
    {
        Nodes.UpdateFaults(Node, "{'metadata':{'name':'n'},'spec':{'drivers':[]}}").ShouldBe("");
        Nodes.UpdateFaults(Node, "{'metadata':{'name':'n'},'spec':{'drivers':[{'name':'d.example.com','nodeID':'2'}]}}")
            .ShouldBe("spec.drivers: Invalid value: {\"name\":\"d.example.com\",\"nodeID\":\"2\"}: field is immutable");
        Nodes.Row(Node).ShouldBe("n | 1 | <unknown>");
    }

    [Fact]
    public void Capacity_Rules_AreKept()
    {
        const string Valid = "{'metadata':{'name':'c'},'storageClassName':'fast','capacity':'10Gi'}";
        Capacities.Faults(Valid).ShouldBe("");
        Capacities.Faults(KindCase.Merge(Valid, "{'capacity':'-1'}")).ShouldBe("capacity: Invalid value: \"-1\": must be greater than or equal to 0");
        Capacities.UpdateFaults(Valid, KindCase.Merge(Valid, "{'storageClassName':'slow'}")).ShouldBe("storageClassName: Invalid value: \"slow\": field is immutable");
        Capacities.Row(Valid).ShouldBe("c | fast | 10Gi");
    }

    [Theory]
    [InlineData("{'source':null}", "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName")]
    [InlineData("{'source':{'persistentVolumeName':'pv','inlineVolumeSpec':{}}}", "spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName")]
    public void Attachment_Faults_AreTold(string change, string fault) => Attachments.Faults(KindCase.Merge(Attachment, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Attachment_Spec_IsImmutable()
    {
        Attachments.UpdateFaults(Attachment, KindCase.Merge(Attachment, "{'spec':{'nodeName':'m'}}")).ShouldEndWith(": field is immutable");
        Attachments.Row(KindCase.Merge(Attachment, "{'status':{'attached':true}}")).ShouldBe("a | d.example.com | pv | n | True | <unknown>");
    }

    [Fact]
    public void RuntimeClass_Rules_AreKept()
    {
        RuntimeClasses.Faults("{'metadata':{'name':'r'},'handler':'runc','overhead':{'podFixed':{'cpu':'1'}},'scheduling':{'nodeSelector':{'a':'b'},'tolerations':[{'operator':'Exists'}]}}").ShouldBe("");
        RuntimeClasses.Faults("{'metadata':{'name':'r'},'handler':'a.b'}").ShouldBe("handler: Invalid value: \"a.b\": must not contain dots");
        RuntimeClasses.UpdateFaults("{'metadata':{'name':'r'},'handler':'a'}", "{'metadata':{'name':'r'},'handler':'b'}").ShouldBe("handler: Invalid value: \"b\": field is immutable");
        RuntimeClasses.Row("{'metadata':{'name':'r'},'handler':'runc'}").ShouldBe("r | runc | <unknown>");
    }
}
