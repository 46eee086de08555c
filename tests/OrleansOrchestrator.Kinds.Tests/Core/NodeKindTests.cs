namespace OrleansOrchestrator.Kinds.Tests.Core;

public class NodeKindTests
{
    private const string Valid = "{'metadata':{'name':'n1'},'spec':{'podCIDR':'10.1.0.0/24'}}";

    private static readonly KindCase Nodes = new("nodes");

    [Fact]
    public void Node_Registering_KeepsItsStatus() => KindCase.ShouldBeJson(
        Nodes.Created("{'metadata':{'name':'n1'},'spec':{'podCIDR':'10.1.0.0/24'},'status':{'capacity':{'cpu':'2'}}}"),
        "{'metadata':{'name':'n1'},'spec':{'podCIDR':'10.1.0.0/24','podCIDRs':['10.1.0.0/24']},'status':{'capacity':{'cpu':'2'},'allocatable':{'cpu':'2'}}}");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'taints':[{'key':'a','effect':'NoSchedule'},{'key':'a','effect':'NoExecute'}]}", "")]
    [InlineData("{'taints':[{'key':'a'}]}", "spec.taints[0].effect: Required value")]
    [InlineData("{'taints':[{'key':'a','effect':'x'}]}", "spec.taints[0].effect: Unsupported value: \"x\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"")]
    [InlineData("{'taints':[{'key':'a','effect':'NoSchedule'},{'key':'a','effect':'NoSchedule','value':'v'}]}",
        "spec.taints[1]: Duplicate value: {\"effect\":\"NoSchedule\",\"key\":\"a\",\"value\":\"v\"}: taints must be unique by key and effect pair")]
    [InlineData("{'podCIDR':'10.1.0.0'}", "spec.podCIDRs[0]: Invalid value: \"10.1.0.0\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")]
    [InlineData("{'podCIDRs':['10.1.0.0/24','10.2.0.0/24']}", "spec.podCIDRs: Invalid value: [\"10.1.0.0/24\",\"10.2.0.0/24\"]: may specify no more than one CIDR for each IP family")]
    [InlineData("{'podCIDRs':['10.2.0.0/24']}", "spec.podCIDR: Invalid value: \"10.1.0.0/24\": must be the first of podCIDRs")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Nodes.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'unschedulable':true}", "")]
    [InlineData("{'providerID':'x'}", "")]
    [InlineData("{'podCIDR':'10.2.0.0/24'}", "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid")]
    [InlineData("{'podCIDR':'10.2.0.0/24','podCIDRs':['10.1.0.0/24']}", "spec.podCIDR: Invalid value: \"10.2.0.0/24\": must be the first of podCIDRs")]
    public void Update_Faults_AreTold(string change, string fault) =>
        Nodes.UpdateFaults(Valid, KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'capacity':{'cpu':'-1'}}", "status.capacity[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("{'addresses':[{'type':'InternalIP','address':'1.1.1.1'},{'type':'InternalIP','address':'1.1.1.1'}]}", "status.addresses[1]: Duplicate value: {\"address\":\"1.1.1.1\",\"type\":\"InternalIP\"}")]
    public void Status_Faults_AreTold(string status, string fault) =>
        Nodes.StatusFaults(Valid, KindCase.Merge(Valid, $"{{'status':{status}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'capacity':{'cpu':'2','example.com/dongle':'4'},'allocatable':{'cpu':'1'}}", "{'cpu':'1','example.com/dongle':'4'}")]
    [InlineData("{'capacity':{'cpu':'2','example.com/dongle':'4'},'allocatable':{'cpu':'1','example.com/dongle':'3'}}", "{'cpu':'1','example.com/dongle':'3'}")]
    [InlineData("{'capacity':{'cpu':'2','example.com/old':'7'},'allocatable':{'cpu':'1','example.com/old':'5'}}", "{'cpu':'1','example.com/old':'7'}")]
    [InlineData("{'capacity':{'cpu':'2','example.com/old':'5'},'allocatable':{'cpu':'1','example.com/old':'2'}}", "{'cpu':'1','example.com/old':'2'}")]
    [InlineData("{'capacity':{'cpu':'2'},'allocatable':{'cpu':'1','example.com/old':'5'}}", "{'cpu':'1'}")]
    [InlineData("{'capacity':{'cpu':'3'},'allocatable':{'cpu':'1'}}", "{'cpu':'1'}")]
    public void Status_ExtendedResources_ArePassedOnToPods(string status, string allocatable)
    {
        const string Current = "{'status':{'capacity':{'cpu':'2','example.com/old':'5'},'allocatable':{'cpu':'1','example.com/old':'5'}}}";

        KindCase.ShouldBeJson(Nodes.StatusUpdated(Current, $"{{'status':{status}}}")["status"]!["allocatable"]!, allocatable);
    }

    [Theory]
    [InlineData("{}", "Unknown | <none>")]
    [InlineData("{'status':{'conditions':[{'type':'Ready','status':'True'}]}}", "Ready | <none>")]
    [InlineData("{'status':{'conditions':[{'type':'Ready','status':'Unknown'}]}}", "NotReady | <none>")]
    [InlineData("{'spec':{'unschedulable':true},'status':{'conditions':[{'type':'Ready','status':'True'}]}}", "Ready,SchedulingDisabled | <none>")]
    [InlineData("{'metadata':{'labels':{'node-role.kubernetes.io/worker':'','node-role.kubernetes.io/edge':'','kubernetes.io/role':'db'}}}", "Unknown | db,edge,worker")]
    public void Row_WithConditionsAndLabels_TellsStatusAndRoles(string change, string cells) =>
        Nodes.Row(KindCase.Merge("{'metadata':{'name':'n1'},'status':{'nodeInfo':{'kubeletVersion':'v1.33.0'}}}", change)).ShouldBe($"n1 | {cells} | <unknown> | v1.33.0");

    [Fact]
    public void WideRow_WithNodeInfo_TellsTheMachine()
    {
        Nodes.Headings(wide: true).ShouldBe("Name | Status | Roles | Age | Version | Internal-IP | External-IP | OS-Image | Kernel-Version | Container-Runtime");
        Nodes.Row("{'metadata':{'name':'n1'},'status':{'addresses':[{'type':'Hostname','address':'h'},{'type':'InternalIP','address':'1.1.1.1'}],'nodeInfo':{'kubeletVersion':'v1','osImage':'Debian','kernelVersion':'6.1'}}}", wide: true)
            .ShouldBe("n1 | Unknown | <none> | <unknown> | v1 | 1.1.1.1 | <none> | Debian | 6.1 | <unknown>");
    }
}
