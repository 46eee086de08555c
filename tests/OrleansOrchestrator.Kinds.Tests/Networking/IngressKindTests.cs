namespace OrleansOrchestrator.Kinds.Tests.Networking;

public class IngressKindTests
{
    private const string Valid =
        "{'metadata':{'name':'web'},'spec':{'rules':[{'host':'a.example.com','http':{'paths':[{'path':'/','pathType':'Prefix','backend':{'service':{'name':'web','port':{'number':80}}}}]}}]}}";

    private const string Path = "spec.rules[0].http.paths[0]";
    private static readonly KindCase Ingresses = new("ingresses", "networking.k8s.io");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'rules':null}", "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified")]
    [InlineData("{'defaultBackend':{'service':{'name':'web','port':{'name':'http'}}},'rules':null}", "")]
    [InlineData("{'defaultBackend':{}}", "spec.defaultBackend: Invalid value: \"\": resource or service backend is required")]
    [InlineData("{'defaultBackend':{'resource':{'kind':'B','name':'b'},'service':{'name':'web','port':{'number':1}}}}",
        "spec.defaultBackend: Invalid value: \"\": cannot set both resource and service backends")]
    [InlineData("{'defaultBackend':{'resource':{'apiGroup':'x.io','kind':'','name':'a/b'}}}",
        "spec.defaultBackend.resource.kind: Required value\nspec.defaultBackend.resource.name: Invalid value: \"a/b\": may not contain '/'")]
    [InlineData("{'tls':[{'hosts':['*.example.com','a.example.com'],'secretName':'s'}]}", "")]
    [InlineData("{'tls':[{'secretName':'S'}]}", "spec.tls[0].secretName: Invalid value: \"S\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Ingresses.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("'pathType':'Exact','path':'a'", "path: Invalid value: \"a\": must be an absolute path")]
    [InlineData("'pathType':'Prefix','path':'/a//b/..'", "path: Invalid value: \"/a//b/..\": must not contain '//'\npath: Invalid value: \"/a//b/..\": cannot end with '/..'")]
    [InlineData("'pathType':'ImplementationSpecific'", "")]
    [InlineData("'pathType':'Other'", "pathType: Unsupported value: \"Other\": supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\"")]
    [InlineData("'path':'/'", "pathType: Required value: pathType must be specified")]
    public void Path_Faults_AreTold(string path, string faults) => Ingresses
        .Faults(KindCase.With("{'metadata':{'name':'web'},'spec':{'rules':[{'http':{'paths':[{@,'backend':{'service':{'name':'web','port':{'number':80}}}}]}}]}}", path))
        .ShouldBe(string.Join('\n', faults.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(fault => $"{Path}.{fault}")));

    [Theory]
    [InlineData("{'name':'web','port':{}}", "backend: Required value: port name or number is required")]
    [InlineData("{'name':'web','port':{'name':'http','number':80}}", "backend: Invalid value: \"\": cannot set both port name & port number")]
    [InlineData("{'port':{'number':0}}", "backend.service.name: Required value\nbackend: Required value: port name or number is required")]
    [InlineData("{'name':'web','port':{'number':70000}}", "backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive")]
    public void Service_Faults_AreTold(string service, string faults) => Ingresses
        .Faults(KindCase.With("{'metadata':{'name':'web'},'spec':{'rules':[{'http':{'paths':[{'path':'/','pathType':'Prefix','backend':{'service':@}}]}}]}}", service))
        .ShouldBe(string.Join('\n', faults.Split('\n').Select(fault => $"{Path}.{fault}")));

    [Theory]
    [InlineData("10.0.0.1", "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address")]
    [InlineData("*.example.com", "")]
    public void Host_Faults_AreTold(string host, string fault) =>
        Ingresses.Faults(KindCase.Merge(Valid, $"{{'spec':{{'rules':[{{'host':'{host}'}}]}}}}")).ShouldBe(fault);

    [Fact]
    public void Class_GivenTwice_MustBeTheSameAtCreation()
    {
        const string Both = "{'metadata':{'annotations':{'kubernetes.io/ingress.class':'a'}},'spec':{'ingressClassName':'b'}}";
        Ingresses.Faults(KindCase.Merge(Valid, Both))
            .ShouldBe("annotations.kubernetes.io/ingress.class: Invalid value: \"a\": must match `ingressClassName` when both are specified");
        Ingresses.UpdateFaults(Valid, KindCase.Merge(Valid, Both)).ShouldBe("");
    }

    [Theory]
    [InlineData("{'ip':'10.0.0.1'},{'hostname':'a.example.com'}", "")]
    [InlineData("{'ip':'x'}", "status.loadBalancer.ingress[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("{'hostname':'10.0.0.1'}", "status.loadBalancer.ingress[0].hostname: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address")]
    public void Status_Faults_AreTold(string points, string fault) =>
        Ingresses.StatusFaults(Valid, KindCase.Merge(Valid, $"{{'status':{{'loadBalancer':{{'ingress':[{points}]}}}}}}")).ShouldBe(fault);

    [Fact]
    public void Row_WithManyHosts_ShowsThree()
    {
        Ingresses.Headings().ShouldBe("Name | Class | Hosts | Address | Ports | Age");
        Ingresses.Row(Valid).ShouldBe("web | <none> | a.example.com |  | 80 | <unknown>");
        Ingresses.Row("{'metadata':{'name':'web'},'spec':{'ingressClassName':'nginx','tls':[{}],'rules':[{'host':'a'},{'host':'b'},{'host':'c'},{'host':'d'}]},'status':{'loadBalancer':{'ingress':[{'ip':'2.2.2.2'},{'hostname':'lb'},{'ip':'1.1.1.1'}]}}}")
            .ShouldBe("web | nginx | a,b,c + 1 more... | 1.1.1.1,2.2.2.2,lb | 80, 443 | <unknown>");
        Ingresses.Row("{'metadata':{'name':'web'}}").ShouldBe("web | <none> | * |  | 80 | <unknown>");
    }

    [Fact]
    public void Generation_OfChangedSpec_Grows() => KindCase.ShouldBeJson(
        Ingresses.Updated("{'metadata':{'name':'web','generation':3},'spec':{}}", "{'metadata':{'name':'web','generation':3},'spec':{'ingressClassName':'a'}}"),
        "{'metadata':{'name':'web','generation':4},'spec':{'ingressClassName':'a'}}");
}
