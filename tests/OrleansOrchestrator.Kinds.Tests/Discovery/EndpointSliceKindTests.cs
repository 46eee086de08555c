namespace OrleansOrchestrator.Kinds.Tests.Discovery;

public class EndpointSliceKindTests
{
    private const string Valid = "{'metadata':{'name':'e'},'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1']}],'ports':[{'name':'','port':80,'protocol':'TCP'}]}";

    private static readonly KindCase Slices = new("endpointslices", "discovery.k8s.io");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'endpoints':[{'addresses':['127.0.0.1']}]}", "")]
    [InlineData("{'addressType':'FQDN','endpoints':[{'addresses':['a.example.com.']}]}", "")]
    [InlineData("{'endpoints':[{'addresses':[]}]}", "endpoints[0].addresses: Required value: must contain at least 1 address")]
    [InlineData("{'endpoints':[{'addresses':['10.0.0']}]}", "endpoints[0].addresses[0]: Invalid value: \"10.0.0\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("{'endpoints':[{'addresses':['fd00::1']}]}", "endpoints[0].addresses[0]: Invalid value: \"fd00::1\": must be a valid IPv4 address")]
    [InlineData("{'addressType':'IPv6'}", "endpoints[0].addresses[0]: Invalid value: \"10.0.0.1\": must be a valid IPv6 address")]
    [InlineData("{'endpoints':[{'addresses':['0.0.0.0']}]}", "endpoints[0].addresses[0]: Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)")]
    [InlineData("{'addressType':'FQDN','endpoints':[{'addresses':['a']}]}", "endpoints[0].addresses[0]: Invalid value: \"a\": should be a domain with at least two segments separated by dots")]
    [InlineData("{'endpoints':[{'addresses':['10.0.0.1'],'hostname':'a.b'}]}", "endpoints[0].hostname: Invalid value: \"a.b\": must not contain dots")]
    [InlineData("{'ports':[{'name':'a','protocol':'TCP'},{'name':'a','protocol':'TCP'}]}", "ports[1].name: Duplicate value: \"a\"")]
    [InlineData("{'ports':[{'name':'a','protocol':'x'}]}", "ports[0].protocol: Unsupported value: \"x\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    [InlineData("{'addressType':'x'}", "addressType: Unsupported value: \"x\": supported values: \"IPv4\", \"IPv6\", \"FQDN\"")]
    public void Slice_Faults_AreTold(string change, string fault) => Slices.Faults(KindCase.Merge(Valid, change)).ShouldBe(fault);
}
