namespace OrleansOrchestrator.Kinds.Tests.Core.Services;

public class ServiceKindTests
{
    private const string Valid = "{'metadata':{'name':'web'},'spec':{'selector':{'app':'web'},'clusterIP':'10.0.0.5','ports':[{'port':80}]}}";

    private static readonly KindCase Services = new("services");

    [Theory]
    [InlineData("{'ports':[{'port':80}]}",
        "{'type':'ClusterIP','sessionAffinity':'None','internalTrafficPolicy':'Cluster','ports':[{'port':80,'targetPort':80,'protocol':'TCP'}]}")]
    [InlineData("{'clusterIP':'None','ports':[{'port':80,'targetPort':'http'}]}",
        "{'clusterIP':'None','clusterIPs':['None'],'type':'ClusterIP','sessionAffinity':'None','internalTrafficPolicy':'Cluster','ports':[{'port':80,'targetPort':'http','protocol':'TCP'}]}")]
    [InlineData("{'type':'NodePort','sessionAffinity':'ClientIP'}",
        "{'type':'NodePort','sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':10800}},'externalTrafficPolicy':'Cluster','internalTrafficPolicy':'Cluster'}")]
    [InlineData("{'type':'LoadBalancer'}",
        "{'type':'LoadBalancer','sessionAffinity':'None','allocateLoadBalancerNodePorts':true,'externalTrafficPolicy':'Cluster','internalTrafficPolicy':'Cluster'}")]
    [InlineData("{'type':'ExternalName','externalName':'example.com'}", "{'type':'ExternalName','externalName':'example.com','sessionAffinity':'None'}")]
    [InlineData("{'clusterIPs':['fd00::1']}",
        "{'clusterIP':'fd00::1','clusterIPs':['fd00::1'],'type':'ClusterIP','sessionAffinity':'None','internalTrafficPolicy':'Cluster'}")]
    public void Spec_WithFieldsMissing_GetsDefaults(string given, string expected)
    {
        var service = Services.Created($"{{'spec':{given}}}");

        KindCase.ShouldBeJson(service["spec"]!, expected);
        KindCase.ShouldBeJson(service["status"]!, "{'loadBalancer':{}}");
    }

    [Fact]
    public void Service_Minimal_IsValid() => Services.Faults(Valid).ShouldBe("");

    [Theory]
    [InlineData("{'ports':null}", "spec.ports: Required value")]
    [InlineData("{'type':'x'}", "spec.type: Unsupported value: \"x\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"")]
    [InlineData("{'sessionAffinity':'x'}", "spec.sessionAffinity: Unsupported value: \"x\": supported values: \"ClientIP\", \"None\"")]
    [InlineData("{'sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':86401}}}", "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400")]
    [InlineData("{'ports':[{'port':0}]}", "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive\nspec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("{'ports':[{'port':80},{'port':81,'name':'b'}]}", "spec.ports[0].name: Required value")]
    [InlineData("{'ports':[{'port':80,'name':'a'},{'port':81,'name':'a'}]}", "spec.ports[1].name: Duplicate value: \"a\"")]
    [InlineData("{'ports':[{'port':80,'name':'a'},{'port':80,'name':'b'}]}", "spec.ports[1]: Duplicate value: {\"port\":80,\"protocol\":\"TCP\"}")]
    [InlineData("{'ports':[{'port':80,'protocol':'x'}]}", "spec.ports[0].protocol: Unsupported value: \"x\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    [InlineData("{'ports':[{'port':80,'targetPort':'HTTP'}]}", "spec.ports[0].targetPort: Invalid value: \"HTTP\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)\nspec.ports[0].targetPort: Invalid value: \"HTTP\": must contain at least one letter (a-z)")]
    [InlineData("{'ports':[{'port':80,'nodePort':30000}]}", "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'")]
    [InlineData("{'type':'NodePort','ports':[{'port':80,'name':'a','nodePort':30000},{'port':81,'name':'b','nodePort':30000}]}", "spec.ports[1].nodePort: Duplicate value: 30000")]
    [InlineData("{'type':'NodePort','clusterIP':'None'}", "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services")]
    [InlineData("{'clusterIP':'10.0.0'}", "spec.clusterIPs[0]: Invalid value: \"10.0.0\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("{'clusterIPs':['10.0.0.6']}", "spec.clusterIPs: Invalid value: [\"10.0.0.6\"]: first value must match `clusterIP`")]
    [InlineData("{'type':'ExternalName','externalName':'a.b'}", "spec.clusterIPs: Forbidden: may not be set for ExternalName services")]
    [InlineData("{'type':'ExternalName','clusterIP':null}", "spec.externalName: Required value")]
    [InlineData("{'externalIPs':['127.0.0.1'],'externalTrafficPolicy':'Cluster'}", "spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)")]
    [InlineData("{'externalIPs':['169.254.0.1'],'externalTrafficPolicy':'Cluster'}", "spec.externalIPs[0]: Invalid value: \"169.254.0.1\": may not be in the link-local range (169.254.0.0/16, fe80::/10)")]
    [InlineData("{'externalIPs':['ff02::1'],'externalTrafficPolicy':'Cluster'}", "spec.externalIPs[0]: Invalid value: \"ff02::1\": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")]
    [InlineData("{'type':'LoadBalancer','loadBalancerSourceRanges':[' 10.0.0.0/8 ','1.2.3.4/33']}", "spec.LoadBalancerSourceRanges[1]: Invalid value: \"1.2.3.4/33\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")]
    [InlineData("{'externalTrafficPolicy':'Local'}", "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services")]
    [InlineData("{'internalTrafficPolicy':'x'}", "spec.internalTrafficPolicy: Unsupported value: \"x\": supported values: \"Cluster\", \"Local\"")]
    [InlineData("{'loadBalancerClass':'a/b'}", "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'")]
    [InlineData("{'externalIPs':['09.1.1.1x'],'externalTrafficPolicy':'Cluster'}", "spec.externalIPs[0]: Invalid value: \"09.1.1.1x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("{'externalIPs':['0127.0.0.01'],'externalTrafficPolicy':'Cluster'}", "spec.externalIPs[0]: Invalid value: \"0127.0.0.01\": may not be in the loopback range (127.0.0.0/8, ::1/128)")]
    [InlineData("{'ipFamilies':['IPv6']}", "spec.clusterIPs[0]: Invalid value: \"10.0.0.5\": expected an IPv6 value as indicated by `ipFamilies[0]`")]
    [InlineData("{'clusterIPs':['10.0.0.5','10.0.0.6']}", "spec.clusterIPs: Invalid value: [\"10.0.0.5\",\"10.0.0.6\"]: may specify no more than one IP for each IP family")]
    [InlineData("{'healthCheckNodePort':30000}", "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")]
    [InlineData("{'ipFamilies':['IPv5']}", "spec.ipFamilies[0]: Unsupported value: \"IPv5\": supported values: \"IPv4\", \"IPv6\"")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Services.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("web", true)]
    [InlineData("1web", false)]
    [InlineData("web.x", false)]
    public void Name_NoDns1035Label_IsRefused(string name, bool valid) =>
        (Services.Definition.ValidateName(name).Count == 0).ShouldBe(valid);

    [Theory]
    [InlineData("{'clusterIP':'10.0.0.6'}", "spec.clusterIPs[0]: Invalid value: [\"10.0.0.6\"]: may not change once set")]
    [InlineData("{'clusterIP':'None'}", "spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set")]
    [InlineData("{'clusterIP':null,'clusterIPs':null}", "")]
    [InlineData("{'type':'ExternalName','externalName':'example.com'}", "")]
    [InlineData("{'type':'NodePort'}", "")]
    public void ClusterIP_OnceSet_MayNotChange(string change, string faults) =>
        Services.UpdateFaults(Valid, KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(faults);

    [Fact]
    public void Update_WithoutAddresses_KeepsThem()
    {
        const string Current = "{'spec':{'type':'NodePort','clusterIP':'10.0.0.5','ports':[{'port':80,'nodePort':30080}]}}";

        var spec = Services.Updated(Current, "{'spec':{'type':'NodePort','ports':[{'port':80}]}}")["spec"]!;

        spec["clusterIP"]!.GetValue<string>().ShouldBe("10.0.0.5");
        spec["clusterIPs"]![0]!.GetValue<string>().ShouldBe("10.0.0.5");
        spec["ports"]![0]!["nodePort"]!.GetValue<int>().ShouldBe(30080);
    }

    [Theory]
    [InlineData("{'allocateLoadBalancerNodePorts':false}", "30080 30081 30090")]
    [InlineData("{'allocateLoadBalancerNodePorts':false,'ports':[{'port':80,'name':'a'},{'port':81,'name':'b'}]}", "0 0 30090")]
    [InlineData("{'ports':[{'port':80,'name':'a'},{'port':8081,'name':'b'}]}", "30080 30081 30090")]
    [InlineData("{'ports':[{'port':80,'name':'a','nodePort':30081},{'port':81,'name':'b'}]}", "30081 0 30090")]
    [InlineData("{'externalTrafficPolicy':'Cluster'}", "30080 30081 0")]
    [InlineData("{'type':'NodePort'}", "30080 30081 0")]
    [InlineData("{'type':'ClusterIP'}", "0 0 0")]
    public void Update_OfABalancedService_KeepsTheNodePortsThatItMayHave(string change, string ports)
    {
        const string Current = "{'spec':{'type':'LoadBalancer','clusterIP':'10.0.0.5','externalTrafficPolicy':'Local','healthCheckNodePort':30090,"
            + "'ports':[{'port':80,'name':'a','nodePort':30080},{'port':81,'name':'b','nodePort':30081}]}}";

        var spec = Services.Updated(Current, KindCase.Merge(Current, $"{{'spec':{change}}}"))["spec"]!;

        string.Join(' ', spec["ports"]!.AsArray().Select(port => (int?)port!["nodePort"] ?? 0).Append((int?)spec["healthCheckNodePort"] ?? 0)).ShouldBe(ports);
    }

    [Fact]
    public void Update_ToClusterIP_GivesBackTheNodePorts()
    {
        const string Current = "{'spec':{'type':'NodePort','clusterIP':'10.0.0.5','externalTrafficPolicy':'Cluster','ports':[{'port':80,'nodePort':30080}]}}";

        var spec = Services.Updated(Current, KindCase.Merge(Current, "{'spec':{'type':'ClusterIP'}}"))["spec"]!;

        spec["ports"]![0]!["nodePort"].ShouldBeNull();
        spec["externalTrafficPolicy"].ShouldBeNull();
        Services.UpdateFaults(Current, KindCase.Merge(Current, "{'spec':{'type':'ClusterIP'}}")).ShouldBe("");
    }

    [Fact]
    public void Update_ToExternalName_GivesBackTheAddress()
    {
        var spec = Services.Updated(Valid, KindCase.Merge(Valid, "{'spec':{'type':'ExternalName','externalName':'example.com'}}"))["spec"]!;

        spec["clusterIP"].ShouldBeNull();
        spec["clusterIPs"].ShouldBeNull();
        spec["ipFamilies"].ShouldBeNull();
        spec["internalTrafficPolicy"].ShouldBeNull();
    }

    [Theory]
    [InlineData("{'clusterIP':'10.0.0.5','clusterIPs':['10.0.0.5']}", "ip/10.0.0.5")]
    [InlineData("{'clusterIP':'None','clusterIPs':['None']}", "")]
    [InlineData("{'type':'ExternalName'}", "")]
    [InlineData("{'clusterIP':'10.0.0.5','clusterIPs':['10.0.0.5'],'type':'NodePort','ports':[{'port':80,'nodePort':30080},{'port':53,'protocol':'UDP','nodePort':30053}]}",
        "ip/10.0.0.5 nodePort/30080 nodePort/30053")]
    [InlineData("{'clusterIP':'010.000.0.5','clusterIPs':['010.000.0.5']}", "ip/10.0.0.5")]
    [InlineData("{'clusterIP':'::ffff:10.0.0.5','clusterIPs':['::ffff:10.0.0.5']}", "ip/10.0.0.5")]
    [InlineData("{'clusterIP':'FD00:0:0::1','clusterIPs':['FD00:0:0::1']}", "ip/fd00::1")]
    [InlineData("{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':30001,'ports':[{'port':53,'nodePort':30053},{'port':53,'protocol':'UDP','nodePort':30053}]}",
        "nodePort/30053 nodePort/30001")]
    public void Claims_OfAService_AreTheAddressAndTheNodePorts(string spec, string claims) =>
        string.Join(' ', Services.Definition.Claims(Services.Decode($"{{'spec':{spec}}}"))).ShouldBe(claims);

    [Theory]
    [InlineData("{'type':'ClusterIP','clusterIP':'10.0.0.5','ports':[{'port':80,'protocol':'TCP'},{'port':53,'protocol':'UDP'}]}", "ClusterIP | 10.0.0.5 | <none> | 80/TCP,53/UDP")]
    [InlineData("{'type':'ClusterIP','clusterIP':'None'}", "ClusterIP | None | <none> | <none>")]
    [InlineData("{'type':'NodePort','clusterIP':'10.0.0.5','externalIPs':['1.2.3.4'],'ports':[{'port':80,'nodePort':30080,'protocol':'TCP'}]}", "NodePort | 10.0.0.5 | 1.2.3.4 | 80:30080/TCP")]
    [InlineData("{'type':'LoadBalancer','clusterIP':'10.0.0.5'}", "LoadBalancer | 10.0.0.5 | <pending> | <none>")]
    [InlineData("{'type':'ExternalName','externalName':'example.com'}", "ExternalName | <none> | example.com | <none>")]
    public void Row_OfAnyType_TellsTheAddresses(string spec, string cells)
    {
        Services.Headings(wide: true).ShouldBe("Name | Type | Cluster-IP | External-IP | Port(s) | Age | Selector");
        Services.Row($"{{'metadata':{{'name':'web'}},'spec':{spec}}}", wide: true).ShouldBe($"web | {cells} | <unknown> | <none>");
    }

    [Fact]
    public void Row_OfABalancedService_TellsItsPoints() =>
        Services.Row("{'metadata':{'name':'web'},'spec':{'type':'LoadBalancer','externalIPs':['9.9.9.9']},'status':{'loadBalancer':{'ingress':[{'ip':'2.2.2.2'},{'hostname':'a'}]}}}")
            .ShouldBe("web | LoadBalancer | <none> | 2.2.2.2,a,9.9.9.9 | <none> | <unknown>");
}
