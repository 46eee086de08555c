using System.Net;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Resources;

/// <summary>Paths whose namespace, by which they are authorized, is not that of what they name.</summary>
public sealed class ScopeTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("GET", "/api/v1/namespaces/a/namespaces/b")]
    [InlineData("GET", "/api/v1/namespaces/a/namespaces")]
    [InlineData("DELETE", "/api/v1/namespaces/a/namespaces/b")]
    [InlineData("DELETE", "/api/v1/namespaces/a/namespaces")]
    [InlineData("GET", "/api/v1/watch/namespaces/a/namespaces/b")]
    [InlineData("GET", "/api/v1/namespaces/a/namespaces/b/status")]
    [InlineData("GET", "/api/v1/namespaces/a/nodes/b")]
    public async Task Path_ThroughTheScopeOfANamespaceToAnother_IsNotThere(string method, string path) =>
        (await gateway.Admin.CallAsync(new HttpMethod(method), path, null)).ShouldFail(HttpStatusCode.NotFound, "NotFound").ShouldBe("the server could not find the requested resource");

    [Fact]
    public async Task Path_ToANamespace_LeadsToIt()
    {
        await gateway.Admin.CallAsync(HttpMethod.Post, "/api/v1/namespaces", HttpCalls.Json("{\"metadata\":{\"name\":\"scoped\"}}"));
        (await gateway.Admin.GetJsonAsync("/api/v1/namespaces/scoped")).ShouldSucceed()["metadata"]!["name"]!.GetValue<string>().ShouldBe("scoped");
    }
}
