namespace OrleansOrchestrator.Kinds.Tests.Networking;

public class NetworkingKindTests
{
    private const string Class = "{'metadata':{'name':'nginx'},'spec':{'controller':'example.com/ingress'}}";
    private const string Policy = "{'metadata':{'name':'p'},'spec':{'podSelector':{}}}";
    private const string Address = "{'metadata':{'name':'10.0.0.1'},'spec':{'parentRef':{'resource':'services','namespace':'default','name':'web'}}}";
    private const string Range = "{'metadata':{'name':'r'},'spec':{'cidrs':['10.0.0.0/24']}}";

    private static readonly KindCase Classes = new("ingressclasses", "networking.k8s.io");
    private static readonly KindCase Policies = new("networkpolicies", "networking.k8s.io");
    private static readonly KindCase Addresses = new("ipaddresses", "networking.k8s.io");
    private static readonly KindCase Ranges = new("servicecidrs", "networking.k8s.io");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'controller':null}", "spec.controller: Required value")]
    [InlineData("{'controller':'x'}", "spec.controller: Invalid value: \"x\": must be a domain-prefixed path (such as \"acme.io/foo\")")]
    [InlineData("{'parameters':{'apiGroup':'x.io','kind':'P','name':'n'}}", "")]
    [InlineData("{'parameters':{'kind':'P','name':'n','scope':'Namespace'}}", "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'")]
    [InlineData("{'parameters':{'kind':'P','name':'n','scope':'Cluster','namespace':'a'}}", "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'")]
    [InlineData("{'parameters':{'kind':'P','name':'n','scope':'x'}}", "spec.parameters.scope: Unsupported value: \"x\": supported values: \"Cluster\", \"Namespace\"")]
    public void Class_Faults_AreTold(string change, string fault) => Classes.Faults(KindCase.Merge(Class, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Class_Controller_IsImmutable() =>
        Classes.UpdateFaults(Class, KindCase.Merge(Class, "{'spec':{'controller':'example.com/other'}}"))
            .ShouldBe("spec.controller: Invalid value: \"example.com/other\": field is immutable");

    [Fact]
    public void Class_Row_NamesItsParameters()
    {
        Classes.Row(Class).ShouldBe("nginx | example.com/ingress | <none> | <unknown>");
        Classes.Row(KindCase.Merge(Class, "{'spec':{'parameters':{'apiGroup':'x.io','kind':'P','name':'n'}}}")).ShouldBe("nginx | example.com/ingress | P.x.io/n | <unknown>");
    }

    [Fact]
    public void Policy_Defaults_NameDirectionsAndProtocols()
    {
        KindCase.ShouldBeJson(Policies.Created("{'metadata':{'name':'p'}}"), "{'metadata':{'name':'p'},'spec':{'podSelector':{},'policyTypes':['Ingress']}}");
        KindCase.ShouldBeJson(
            Policies.Created("{'metadata':{'name':'p'},'spec':{'podSelector':{},'egress':[{'ports':[{'port':53}]}]}}"),
            "{'metadata':{'name':'p'},'spec':{'podSelector':{},'policyTypes':['Ingress','Egress'],'egress':[{'ports':[{'port':53,'protocol':'TCP'}]}]}}");
    }

    [Theory]
    [InlineData("'ports':[{'port':80,'endPort':90},{'port':'http'},{'protocol':'UDP'}]", "")]
    [InlineData("'ports':[{'protocol':'x'}]", "ports[0].protocol: Unsupported value: \"x\": supported values: \"TCP\", \"UDP\", \"SCTP\"")]
    [InlineData("'ports':[{'port':80,'endPort':70}]", "ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`")]
    [InlineData("'ports':[{'port':'http','endPort':70}]", "ports[0].endPort: Invalid value: 70: may not be specified when `port` is non-numeric")]
    [InlineData("'ports':[{'endPort':70}]", "ports[0].endPort: Invalid value: 70: may not be specified when `port` is not specified")]
    [InlineData("'from':[{}]", "from[0]: Required value: must specify a peer")]
    [InlineData("'from':[{'podSelector':{},'ipBlock':{'cidr':'10.0.0.0/8'}}]", "from[0]: Forbidden: may not specify both ipBlock and another peer")]
    [InlineData("'from':[{'ipBlock':{'cidr':'10.0.0.0/8','except':['10.1.0.0/16']}}]", "")]
    [InlineData("'from':[{'ipBlock':{'cidr':'2001:db8::/32','except':['2001:db8:1::/48']}}]", "")]
    [InlineData("'from':[{'ipBlock':{'cidr':'10.0.0.0/8','except':['11.1.0.0/16']}}]", "from[0].ipBlock.except[0]: Invalid value: \"11.1.0.0/16\": must be a strict subset of `cidr`")]
    [InlineData("'from':[{'ipBlock':{'cidr':'10.0.0.0/8','except':['10.0.0.0/8']}}]", "from[0].ipBlock.except[0]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`")]
    [InlineData("'from':[{'ipBlock':{'cidr':''}}]", "from[0].ipBlock.cidr: Required value")]
    public void Policy_Rules_AreValidated(string rule, string fault) =>
        Policies.Faults(KindCase.Merge(Policy, $"{{'spec':{{'ingress':[{{{rule}}}]}}}}")).ShouldBe(fault.Length == 0 ? "" : "spec.ingress[0]." + fault);

    [Fact]
    public void Policy_Types_AreValidated() => Policies.Faults(KindCase.Merge(Policy, "{'spec':{'policyTypes':['x']}}"))
        .ShouldBe("spec.policyTypes[0]: Unsupported value: \"x\": supported values: \"Ingress\", \"Egress\"");

    [Fact]
    public void Policy_Row_ShowsSelector()
    {
        Policies.Row(Policy).ShouldBe("p | <none> | <unknown>");
        Policies.Row(KindCase.Merge(Policy, "{'spec':{'podSelector':{'matchLabels':{'a':'b'}}}}")).ShouldBe("p | a=b | <unknown>");
    }

    [Fact]
    public void Address_Rules_AreKept()
    {
        Addresses.Faults(Address).ShouldBe("");
        Addresses.Faults("{'metadata':{'name':'10.0.0.1'}}").ShouldBe("spec.parentRef: Required value");
        Addresses.Definition.ValidateName("10.0.0.1").ShouldBeEmpty();
        Addresses.Definition.ValidateName("2001:DB8::1").ShouldBe(["must be in canonical form (\"2001:db8::1\")"]);
        Addresses.Definition.ValidateName("x").ShouldHaveSingleItem();
        Addresses.UpdateFaults(Address, KindCase.Merge(Address, "{'spec':{'parentRef':{'name':'other'}}}")).ShouldEndWith(": field is immutable");
        Addresses.Row(Address).ShouldBe("10.0.0.1 | services/default/web");
    }

    [Theory]
    [InlineData("[]", "spec.cidrs: Required value: at least one CIDR required")]
    [InlineData("['10.0.0.0/24','2001:db8::/64']", "")]
    [InlineData("['10.0.0.0/24','10.0.1.0/24']", "spec.cidrs: Invalid value: [\"10.0.0.0/24\",\"10.0.1.0/24\"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64")]
    public void Range_Faults_AreTold(string ranges, string fault) =>
        Ranges.Faults(KindCase.Merge(Range, $"{{'spec':{{'cidrs':{ranges}}}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("['10.0.0.0/24','2001:db8::/64']", "")]
    [InlineData("['10.0.1.0/24']", "spec.cidrs[0]: Invalid value: \"10.0.1.0/24\": field is immutable")]
    [InlineData("[]", "spec.cidrs: Invalid value: []: field is immutable")]
    public void Range_Update_MayOnlyAddAFamily(string ranges, string fault) =>
        Ranges.UpdateFaults(Range, KindCase.Merge(Range, $"{{'spec':{{'cidrs':{ranges}}}}}")).ShouldBe(fault);
}
