namespace OrleansOrchestrator.Kinds.Tests.AdmissionRegistration;

public class WebhookKindTests
{
    private const string Hook =
        "'name':'a.example.com','sideEffects':'None','admissionReviewVersions':['v1'],'clientConfig':{'url':'https://a.example.com/x'},'rules':[{'operations':['CREATE'],'apiGroups':[''],'apiVersions':['v1'],'resources':['pods']}]";

    private const string Valid = "{'metadata':{'name':'w'},'webhooks':[{" + Hook + "}]}";
    private const string Service = "{'metadata':{'name':'v1.x.io'},'spec':{'group':'x.io','version':'v1','groupPriorityMinimum':100,'versionPriority':10}}";

    private static readonly KindCase Validating = new("validatingwebhookconfigurations", "admissionregistration.k8s.io");
    private static readonly KindCase Mutating = new("mutatingwebhookconfigurations", "admissionregistration.k8s.io");
    private static readonly KindCase Services = new("apiservices", "apiregistration.k8s.io");

    [Fact]
    public void Webhook_Defaults_AreFilled()
    {
        var hook = Mutating.Created(Valid)["webhooks"]![0]!;
        foreach (var (field, value) in new[] { ("failurePolicy", "Fail"), ("matchPolicy", "Equivalent"), ("reinvocationPolicy", "Never") })
            hook[field]!.GetValue<string>().ShouldBe(value);
        hook["timeoutSeconds"]!.GetValue<int>().ShouldBe(10);
        hook["rules"]![0]!["scope"]!.GetValue<string>().ShouldBe("*");
        hook["namespaceSelector"]!.AsObject().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("'name':'a.example.com'", "")]
    [InlineData("'name':'a'", "name: Invalid value: \"a\": should be a domain with at least three segments separated by dots")]
    [InlineData("'sideEffects':null", "sideEffects: Required value: must specify one of None, NoneOnDryRun")]
    [InlineData("'sideEffects':'Some'", "sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\"")]
    [InlineData("'timeoutSeconds':31", "timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds")]
    [InlineData("'failurePolicy':'x'", "failurePolicy: Unsupported value: \"x\": supported values: \"Fail\", \"Ignore\"")]
    [InlineData("'admissionReviewVersions':null", "admissionReviewVersions: Required value: must specify one of v1, v1beta1")]
    [InlineData("'admissionReviewVersions':['v2']", "admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, v1beta1")]
    [InlineData("'clientConfig':{'url':null}", "clientConfig: Required value: exactly one of url or service is required")]
    [InlineData("'clientConfig':{'url':'http://u@a/x?q#f'}",
        "clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]\n" +
        "clientConfig.url: Invalid value: \"u\": user information is not permitted in the URL\n" +
        "clientConfig.url: Invalid value: \"f\": fragments are not permitted in the URL\n" +
        "clientConfig.url: Invalid value: \"q\": query parameters are not permitted in the URL")]
    [InlineData("'clientConfig':{'url':null,'service':{'name':'s','namespace':'n','path':'/a//b'}}", "clientConfig.service.path: Invalid value: \"/a//b\": segment[1] may not be empty")]
    [InlineData("'clientConfig':{'url':null,'service':{'namespace':'n','port':0}}", "clientConfig.service.name: Required value\nclientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive")]
    [InlineData("'matchConditions':[{'name':'a','expression':'true'},{'name':'a'}]", "matchConditions[1].expression: Required value\nmatchConditions[1].name: Duplicate value: \"a\"")]
    public void Webhook_Faults_AreTold(string change, string faults) => Validating
        .Faults("{\"metadata\":{\"name\":\"w\"},\"webhooks\":[" + KindCase.Merge("{" + Hook + "}", "{" + change + "}") + "]}")
        .ShouldBe(string.Join('\n', faults.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(fault => "webhooks[0]." + fault)));

    [Theory]
    [InlineData("'operations':['*'],'resources':['*','pods/status']", "")]
    [InlineData("'operations':['*','CREATE'],'resources':['pods']", "operations: Invalid value: [\"*\",\"CREATE\"]: if '*' is present, must not specify other operations")]
    [InlineData("'operations':['x'],'resources':['pods']", "operations[0]: Unsupported value: \"x\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\"")]
    [InlineData("'operations':['*'],'resources':['pods/*','pods/status']", "resources[1]: Invalid value: \"pods/status\": if 'pods/*' is present, must not specify pods/status")]
    [InlineData("'operations':['*'],'resources':['*','pods']", "resources: Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other resources without subresources")]
    [InlineData("'operations':['*'],'resources':['*/*','pods']", "resources: Invalid value: [\"*/*\",\"pods\"]: if '*/*' is present, must not specify other resources")]
    public void Rule_Faults_AreTold(string rule, string fault) => Mutating
        .Faults("{\"metadata\":{\"name\":\"w\"},\"webhooks\":[" + KindCase.Merge("{" + Hook + "}", "{'rules':[{'apiGroups':['*'],'apiVersions':['*']," + rule + "}]}") + "]}")
        .ShouldBe(fault.Length == 0 ? "" : "webhooks[0].rules[0]." + fault);

    [Fact]
    public void Webhooks_OfOneName_AreRefused() =>
        Validating.Faults("{'metadata':{'name':'w'},'webhooks':[{" + Hook + "},{" + Hook + "}]}").ShouldBe("webhooks[1].name: Duplicate value: \"a.example.com\"");

    [Fact]
    public void Webhooks_WhenChanged_RaiseGeneration()
    {
        var before = KindCase.Merge(Valid, "{'metadata':{'generation':1}}");
        Mutating.Updated(before, before)["metadata"]!["generation"]!.GetValue<long>().ShouldBe(1);
        Mutating.Updated(before, KindCase.Merge(before, "{'webhooks':[]}"))["metadata"]!["generation"]!.GetValue<long>().ShouldBe(2);
        Mutating.Row(Valid).ShouldBe("w | 1 | <unknown>");
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'version':'v2'}", "metadata.name: Invalid value: \"v1.x.io\": must be `spec.version+\".\"+spec.group`: \"v2.x.io\"")]
    [InlineData("{'groupPriorityMinimum':0}", "spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000")]
    [InlineData("{'insecureSkipTLSVerify':true}", "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify")]
    [InlineData("{'service':{'name':'s'}}", "spec.service.namespace: Required value")]
    [InlineData("{'service':{'name':'s','namespace':'n'},'caBundle':'eA==','insecureSkipTLSVerify':true}", "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present")]
    public void Service_Faults_AreTold(string change, string fault) => Services.Faults(KindCase.Merge(Service, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Service_OfTheClusterItself_IsAvailable()
    {
        Services.Row(Services.Created(Service).ToJsonString()).ShouldBe("v1.x.io | Local | True | <unknown>");
        Services.Row(KindCase.Merge(Service, "{'spec':{'service':{'name':'s','namespace':'n'}},'status':{'conditions':[{'type':'Available','status':'False','reason':'ServiceNotFound'}]}}"))
            .ShouldBe("v1.x.io | n/s | False (ServiceNotFound) | <unknown>");
    }
}
