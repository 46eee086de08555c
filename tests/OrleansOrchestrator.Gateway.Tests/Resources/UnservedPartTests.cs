using System.Net;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Resources;

public sealed class UnservedPartTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Core = "/api/v1/namespaces/default";

    [Theory]
    [InlineData("POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", "would not be enforced")]
    public async Task Request_ForWhatKubernetesServesAndWeDoNot_IsNotImplementedAndSaysWhat(string method, string path, string sentence) =>
        (await gateway.Admin.CallAsync(new HttpMethod(method), path)).ShouldFail(HttpStatusCode.NotImplemented, "NotImplemented").ShouldContain(sentence);

    [Theory]
    [InlineData(Core + "/pods/web/frob")]
    [InlineData(Core + "/configmaps/web/exec")]
    [InlineData("/apis/example.org/v1/nodes")]
    [InlineData("/apis/custom.metrics.k8s.io/v1beta2")]
    [InlineData("/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue")]
    public async Task Request_ForWhatNobodyServes_IsNotFound(string path) =>
        (await gateway.Admin.GetJsonAsync(path)).ShouldFail(HttpStatusCode.NotFound, "NotFound").ShouldBe("the server could not find the requested resource");

    [Fact]
    public async Task Request_ForAnUnservedPart_IsAuthorizedFirst()
    {
        using var client = gateway.CreateClient();
        (await client.CallAsync(HttpMethod.Post, "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden")
            .ShouldContain("cannot create resource \"validatingadmissionpolicies\"");
    }
}
