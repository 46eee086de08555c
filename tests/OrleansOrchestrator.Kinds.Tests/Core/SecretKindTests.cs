namespace OrleansOrchestrator.Kinds.Tests.Core;

public class SecretKindTests
{
    private const string Valid = "{'metadata':{'name':'s'},'data':{'a':'eA=='}}";

    private static readonly KindCase Secrets = new("secrets");

    [Fact]
    public void StringData_BecomesData_AndOverridesIt() => KindCase.ShouldBeJson(
        Secrets.Created("{'metadata':{'name':'s'},'data':{'a':'eA==','b':'eA=='},'stringData':{'b':'y','c':'z'}}"),
        "{'metadata':{'name':'s'},'type':'Opaque','data':{'a':'eA==','b':'eQ==','c':'eg=='}}");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'data':{'a b':'eA=='}}", "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")]
    [InlineData("{'type':'kubernetes.io/tls'}", "data[tls.crt]: Required value\ndata[tls.key]: Required value")]
    [InlineData("{'type':'kubernetes.io/ssh-auth'}", "data[ssh-privatekey]: Required value")]
    [InlineData("{'type':'kubernetes.io/basic-auth'}", "data[username]: Required value\ndata[password]: Required value")]
    [InlineData("{'type':'kubernetes.io/basic-auth','stringData':{'username':'u'}}", "")]
    [InlineData("{'type':'kubernetes.io/dockerconfigjson'}", "data[.dockerconfigjson]: Required value")]
    [InlineData("{'type':'kubernetes.io/dockerconfigjson','stringData':{'.dockerconfigjson':'{}'}}", "")]
    [InlineData("{'type':'kubernetes.io/dockerconfigjson','stringData':{'.dockerconfigjson':'[]'}}", "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": must be a JSON object")]
    [InlineData("{'type':'kubernetes.io/service-account-token'}", "metadata.annotations[kubernetes.io/service-account.name]: Required value")]
    public void Data_Faults_AreTold(string change, string fault) => Secrets.Faults(KindCase.Merge(Valid, change)).ShouldBe(fault);

    [Fact]
    public void MalformedDockerConfig_IsRefused_WithoutShowingIt()
    {
        var fault = Secrets.Faults("{'metadata':{'name':'s'},'type':'kubernetes.io/dockerconfigjson','stringData':{'.dockerconfigjson':'hunter2'}}");

        fault.ShouldStartWith("data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\"");
        fault.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Data_OverAMebibyte_IsRefused()
    {
        var text = new string('x', (1024 * 1024) + 1);

        Secrets.Faults($"{{'metadata':{{'name':'s'}},'stringData':{{'a':'{text}'}}}}").ShouldBe("data: Too long: may not be more than 1048576 bytes");
    }

    [Theory]
    [InlineData("{'type':'x'}", "type: Invalid value: \"x\": field is immutable")]
    [InlineData("{'immutable':true}", "")]
    [InlineData("{'data':{'a':'eQ=='}}", "")]
    public void Update_Faults_AreTold(string change, string fault) =>
        Secrets.UpdateFaults(Valid, KindCase.Merge(Valid, change)).ShouldBe(fault);

    [Theory]
    [InlineData("{'metadata':{'labels':{'a':'b'}}}", "")]
    [InlineData("{'immutable':false}", "immutable: Forbidden: field is immutable when `immutable` is set")]
    [InlineData("{'data':{'a':'eQ=='}}", "data: Forbidden: field is immutable when `immutable` is set")]
    [InlineData("{'stringData':{'a':'y'}}", "data: Forbidden: field is immutable when `immutable` is set")]
    public void Update_OfAnImmutableSecret_IsRefused(string change, string fault)
    {
        var fixedSecret = KindCase.Merge(Valid, "{'immutable':true}");

        Secrets.UpdateFaults(fixedSecret, KindCase.Merge(fixedSecret, change)).ShouldBe(fault);
    }

    [Fact]
    public void Row_OfAnOpaqueSecret_TellsTypeAndCount()
    {
        Secrets.Headings(wide: true).ShouldBe("Name | Type | Data | Age");
        Secrets.Row("{'metadata':{'name':'s'},'type':'Opaque','data':{'a':'eA==','b':'eA=='}}").ShouldBe("s | Opaque | 2 | <unknown>");
    }
}
