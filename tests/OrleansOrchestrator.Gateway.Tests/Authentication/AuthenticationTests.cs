using System.Net;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Authentication;

public sealed class AuthenticationTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Pods = "/api/v1/namespaces/default/pods";

    [Fact]
    public async Task Request_WithAdminToken_IsAdmin() =>
        (await gateway.Admin.GetJsonAsync(Pods)).ShouldSucceed()["kind"]!.GetValue<string>().ShouldBe("PodList");

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic YTpi")]
    public async Task Request_WithWrongCredentials_IsUnauthorized(string header)
    {
        using var client = gateway.CreateClient();
        var answer = await client.GetJsonAsync(Pods, ("Authorization", header));
        answer.ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized").ShouldBe("Unauthorized");
        answer.Response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
    }

    [Fact]
    public async Task Request_WithWrongTokenForPublicPath_IsStillUnauthorized()
    {
        using var client = gateway.CreateClient("wrong");
        (await client.GetAsync("/version", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Request_WithoutCredentials_IsAnonymous()
    {
        using var client = gateway.CreateClient();
        var text = (await client.GetJsonAsync(Pods)).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
        text.ShouldBe("pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"");
        (await client.GetAsync("/version", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync("/livez", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetJsonAsync("/metrics")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden")
            .ShouldBe("forbidden: User \"system:anonymous\" cannot get path \"/metrics\"");
    }

    [Fact]
    public async Task Request_WithAdminCertificate_IsAdmin()
    {
        using var certificate = gateway.Identity.IssueAdminCertificate();
        using var client = gateway.CreateClient(certificate: certificate);
        (await client.GetJsonAsync(Pods)).ShouldSucceed();
        (await client.GetJsonAsync(Pods)).ShouldSucceed();
    }

    [Fact]
    public async Task Request_WithCertificateOfOtherUser_IsThatUser()
    {
        using var certificate = gateway.Identity.Authority.IssueClientCertificate("jane", ["dev"], TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(1));
        using var client = gateway.CreateClient(certificate: certificate);
        var text = (await client.GetJsonAsync("/apis/coordination.k8s.io/v1/namespaces/x/leases/y")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
        text.ShouldBe("leases.coordination.k8s.io \"y\" is forbidden: User \"jane\" cannot get resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"x\"");
        (await client.GetJsonAsync("/api/v1/nodes/n/status")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden")
            .ShouldBe("nodes \"n\" is forbidden: User \"jane\" cannot get resource \"nodes/status\" in API group \"\" at the cluster scope");
    }

    [Fact]
    public async Task Request_WithForeignCertificate_IsUnauthorized()
    {
        using var foreign = CertificateAuthority.Load(CertificateAuthority.Create(TimeProvider.System.GetUtcNow()));
        using var certificate = foreign.IssueClientCertificate("jane", ["system:masters"], TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(1));
        using var client = gateway.CreateClient(certificate: certificate);
        (await client.GetJsonAsync(Pods)).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
    }

    [Fact]
    public async Task Request_WithServerCertificateAsClient_IsUnauthorized()
    {
        using var certificate = gateway.Identity.Authority.IssueServerCertificate("system:masters", ["localhost"], TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(1));
        using var client = gateway.CreateClient(certificate: certificate);
        (await client.GetJsonAsync(Pods)).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
    }
}
