using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

public sealed class DiscoveryTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Fact]
    public async Task ApiResources_CoreKinds_AreListedWithShortNames()
    {
        var output = (await Kubectl.RunAsync("api-resources")).Output;

        output.ShouldMatch(@"(?m)^pods\s+po\s+v1\s+true\s+Pod$");
        output.ShouldMatch(@"(?m)^replicationcontrollers\s+rc\s+v1\s+true\s+ReplicationController$");
        output.ShouldMatch(@"(?m)^services\s+svc\s+v1\s+true\s+Service$");
        output.ShouldMatch(@"(?m)^nodes\s+no\s+v1\s+false\s+Node$");
        (await Kubectl.RunAsync("api-versions")).Lines.ShouldContain("v1");
    }

    [Fact]
    public async Task Version_OfTheServer_IsOneThatKubectlKnows() =>
        (await Kubectl.RunAsync("version")).Output.ShouldMatch(@"(?m)^Server Version: v1\.3\d\.");

    [Fact]
    public async Task ClusterInfo_OfTheCluster_NamesItsAddress() =>
        (await Kubectl.RunAsync("cluster-info")).Output.ShouldContain($"{Api.Server.Host}:{Api.Server.Port}");

    [Theory]
    [InlineData("pods", "KIND:       Pod", "spec")]
    [InlineData("rc.spec.template", "FIELD: template", "metadata")]
    [InlineData("service.spec.ports", "FIELD: ports", "targetPort")]
    public async Task Explain_KindOrField_DescribesIt(string path, string head, string field)
    {
        var output = (await Kubectl.RunAsync("explain", path)).Output;

        output.ShouldContain(head);
        output.ShouldMatch($@"(?m)^  {field}\s+<");
    }

    [Fact]
    public async Task Token_ByCurl_OpensTheApi()
    {
        Assert.SkipWhen(ProgramSearch.Find("curl") is null, "curl is not in PATH");
        var authority = NewScratch().Write("ca.pem", Api.Authority.ExportCertificatePem());

        (await CurlAsync(authority, Api.Token)).ShouldBe("200");
        (await CurlAsync(authority, "wrong")).ShouldBe("401");
        (await CurlAsync(authority, null)).ShouldBeOneOf("401", "403");
    }

    private async Task<string> CurlAsync(string authority, string? token)
    {
        string[] login = token is null ? [] : ["-H", $"Authorization: Bearer {token}"];
        await using var curl = RunningCommand.Start(
            "curl", ["-sS", "--cacert", authority, "-o", "/dev/null", "-w", "%{http_code}", .. login, new Uri(Api.Server, "/api/v1/pods").AbsoluteUri]);
        var result = await curl.WaitAsync(Eventually.Patience);
        result.ExitCode.ShouldBe(0, result.ToString());
        return result.Output.Trim();
    }
}
