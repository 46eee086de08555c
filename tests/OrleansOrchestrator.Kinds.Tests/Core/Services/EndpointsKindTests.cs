namespace OrleansOrchestrator.Kinds.Tests.Core.Services;

public class EndpointsKindTests
{
    private static readonly KindCase Endpoints = new("endpoints");

    [Fact]
    public void Port_WithoutAProtocol_GetsTcp() => KindCase.ShouldBeJson(
        Endpoints.Created("{'metadata':{'name':'e'},'subsets':[{'addresses':[{'ip':'1.1.1.1'}],'ports':[{'port':80}]}]}"),
        "{'metadata':{'name':'e'},'subsets':[{'addresses':[{'ip':'1.1.1.1'}],'ports':[{'port':80,'protocol':'TCP'}]}]}");

    [Theory]
    [InlineData("{'addresses':[{'ip':'127.0.0.1'}],'ports':[{'port':80}]}", null)]
    [InlineData("{'notReadyAddresses':[{'ip':'fd00::1'}]}", null)]
    [InlineData("{}", ": Required value: must specify `addresses` or `notReadyAddresses`")]
    [InlineData("{'addresses':[{'ip':'1.1.1'}]}", ".addresses[0].ip: Invalid value: \"1.1.1\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("{'addresses':[{'ip':'0.0.0.0'}]}", ".addresses[0].ip: Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)")]
    [InlineData("{'addresses':[{'ip':'169.254.1.1'}]}", ".addresses[0].ip: Invalid value: \"169.254.1.1\": may not be in the link-local range (169.254.0.0/16, fe80::/10)")]
    [InlineData("{'addresses':[{'ip':'1.1.1.1','hostname':'a.b'}]}", ".addresses[0].hostname: Invalid value: \"a.b\": must not contain dots")]
    [InlineData("{'addresses':[{'ip':'1.1.1.1'}],'ports':[{'port':80},{'port':81,'name':'b'}]}", ".ports[0].name: Required value")]
    [InlineData("{'addresses':[{'ip':'1.1.1.1'}],'ports':[{'port':80,'protocol':'x'}]}", ".ports[0].protocol: Unsupported value: \"x\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    public void Subset_Faults_AreTold(string subset, string? fault) =>
        Endpoints.Faults($"{{'metadata':{{'name':'e'}},'subsets':[{subset}]}}").ShouldBe(fault is null ? "" : "subsets[0]" + fault);

    [Theory]
    [InlineData("[]", "<none>")]
    [InlineData("[{'addresses':[{'ip':'1.1.1.1'}],'ports':[{'port':80},{'port':81}]}]", "1.1.1.1:80,1.1.1.1:81")]
    [InlineData("[{'addresses':[{'ip':'1.1.1.1'},{'ip':'fd00::1'}],'ports':[{'port':80}]}]", "1.1.1.1:80,[fd00::1]:80")]
    [InlineData("[{'addresses':[{'ip':'1.1.1.1'},{'ip':'1.1.1.2'}]}]", "1.1.1.1,1.1.1.2")]
    [InlineData("[{'addresses':[{'ip':'1.1.1.1'},{'ip':'1.1.1.2'},{'ip':'1.1.1.3'},{'ip':'1.1.1.4'},{'ip':'1.1.1.5'}],'ports':[{'port':80}]}]", "1.1.1.1:80,1.1.1.2:80,1.1.1.3:80 + 2 more...")]
    [InlineData("[{'notReadyAddresses':[{'ip':'1.1.1.1'}],'ports':[{'port':80}]}]", "")]
    public void Row_OfSubsets_ListsTheFirstThreePoints(string subsets, string cell) =>
        Endpoints.Row($"{{'metadata':{{'name':'e'}},'subsets':{subsets}}}").ShouldBe($"e | {cell} | <unknown>");
}
